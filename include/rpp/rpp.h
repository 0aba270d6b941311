/* Finished BERT models in C: load a model file, give it texts, get scores, embeddings or answers.
 *
 * Texts are UTF-8 and end with a zero byte. A model may be used by any number of threads, a session by one at
 * a time; both may be used in a process that was forked from the one that made them. Every function that
 * returns an rpp_status leaves its reason in rpp_last_error() of the calling thread; what it has written of
 * its results then means nothing, but texts are checked before any is written. The next call answers its own
 * texts whatever has become of the one before. */
#ifndef RPP_INFER_RPP_H_
#define RPP_INFER_RPP_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rpp_model rpp_model;
typedef struct rpp_session rpp_session;

typedef enum rpp_status {
  RPP_OK = 0,
  RPP_ERROR = 1,       /* a file, a text, a head that the model lacks */
  RPP_USAGE_ERROR = 2, /* an argument that no model would take */
  RPP_OUT_OF_MEMORY = 3
} rpp_status;

/* Why the last call of this thread failed; empty when none has. Valid until its next call. */
const char* rpp_last_error(void);

/* A file of rpp-export, or a Hugging Face model directory with a WordPiece vocabulary. The model is read into
 * memory: whatever becomes of the file, the model stays as it was. On an error *model is NULL. */
rpp_status rpp_load(const char* path, rpp_model** model);
/* The same, but weights stay in the file where they can, so that processes share their memory. The file must
 * not be written to until the model and its sessions have gone: copying another one over it, which rpp-export
 * and mv do not, ends the process (SIGBUS) or changes its answers. */
rpp_status rpp_load_mapped(const char* path, rpp_model** model);
/* Sessions keep what they need of it. NULL is allowed. */
void rpp_free(rpp_model* model);

/* Of a model that is NULL all of these are 0 or NULL. */
int32_t rpp_num_labels(const rpp_model* model); /* of the classifier; a regression has 1; 0: there is none */
const char* rpp_label(const rpp_model* model, int32_t label); /* its name; NULL beyond the last one */
int32_t rpp_hidden_size(const rpp_model* model);
/* Numbers of a text's embedding; 0: the model has modules that are not supported, and rpp_embed says which.
 */
int32_t rpp_embedding_size(const rpp_model* model);
int32_t rpp_max_tokens(const rpp_model* model); /* that it reads of a text unless a session says otherwise */

/* All zero: the defaults, as with NULL options. */
typedef struct rpp_session_options {
  size_t struct_size;    /* sizeof(rpp_session_options); 0 means the same */
  int32_t num_threads;   /* at most 1024; 0: as many as the process may use (affinity, CPU quota) */
  int32_t max_tokens;    /* of a text, [CLS] and [SEP] included; 0: rpp_max_tokens */
  int32_t refuse_longer; /* 0: a longer text loses its end; not 0: it is an error */
} rpp_session_options;

/* Holds the memory of its calls, which grows to that of a few thousand tokens and is used again. Has fewer
 * threads where the system starts no more. On an error *session is NULL. */
rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options, rpp_session** session);
void rpp_close(rpp_session* session); /* NULL is allowed */

/* scores [count, rpp_num_labels]: probabilities in the order of the labels, of a regression its score. pairs:
 * the second text of each, or NULL for single texts; an entry may be NULL. */
rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count,
                     float* scores);

/* embeddings [count, rpp_embedding_size]: as the files of sentence-transformers in the model say
 * (modules.json: pooling, normalisation, prompt, tokens that are read); without them the mean of the last
 * hidden states of all tokens, not normalised. */
rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count, float* embeddings);

typedef struct rpp_answer {
  size_t begin, end;  /* bytes of the context; equal: it holds no answer */
  double probability; /* among the 20 best */
} rpp_answer;

/* Of a model of SQuAD. A long context is read in several windows: nothing is cut. */
rpp_status rpp_ask(rpp_session* session, const char* question, const char* context, rpp_answer* answer);

typedef struct rpp_filling {
  const char* token; /* valid until the session's next call */
  double probability;
} rpp_filling;

/* Of a masked language model: the likeliest tokens for the one [MASK] that the text holds, the best first.
 * fillings [count], at most 20. A text that is too long is an error, cut or not. */
rpp_status rpp_fill(rpp_session* session, const char* text, size_t count, rpp_filling* fillings);

#ifdef __cplusplus
}
#endif

#endif /* RPP_INFER_RPP_H_ */
