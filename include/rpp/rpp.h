/* Finished BERT models in C: load a model file, give it texts, get scores, embeddings, answers or entities.
 *
 * Texts are UTF-8 and end with a zero byte. A model may be used by any number of threads, a session by one at
 * a time; both may be used in a process forked from the one that created them. If a function that returns an
 * rpp_status fails, rpp_last_error() of the calling thread has the reason and results may be partly written;
 * texts are checked before anything is written. A failed call does not affect the next one. */
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
  RPP_ERROR = 1,       /* a file, a text, or a head that the model lacks */
  RPP_USAGE_ERROR = 2, /* an argument that no model would take */
  RPP_OUT_OF_MEMORY = 3
} rpp_status;

/* Why the last call of this thread failed; empty if none has. Valid until its next call. */
const char* rpp_last_error(void);

/* A file of rpp-export, or a Hugging Face model directory with its vocabulary. The model is read into
 * memory, so later changes of the file do not affect it. On an error *model is NULL. */
rpp_status rpp_load(const char* path, rpp_model** model);

/* All zero: the defaults, as with NULL options. */
typedef struct rpp_load_options {
  size_t struct_size; /* sizeof(rpp_load_options); 0 means the same */
  /* Not 0: weights are used in place in the mapped file if possible, so that processes share their memory.
   * The file must not be written to until the model and its sessions are freed: overwriting it in place,
   * which rpp-export and mv do not do, ends the process (SIGBUS) or changes its answers. */
  int32_t mapped;
  /* Not 0: the layers are computed in int8, which changes the answers a little. Whether it is faster depends
   * on the processor and the zeros; measure it with rpp-bench infer --int8. */
  int32_t int8;
} rpp_load_options;

/* rpp_load with options. */
rpp_status rpp_load_with(const char* path, const rpp_load_options* options, rpp_model** model);

/* Open sessions remain usable. NULL is allowed. */
void rpp_free(rpp_model* model);

/* These return 0 or NULL if the model is NULL. */
/* Of the classifier of texts; 1 for a regression or a cross-encoder; 0: no such classifier. */
int32_t rpp_num_labels(const rpp_model* model);
const char* rpp_label(const rpp_model* model, int32_t label); /* its name; NULL if out of range */
int32_t rpp_hidden_size(const rpp_model* model);
/* Size of an embedding; 0: the model has unsupported modules, which rpp_embed names. */
int32_t rpp_embedding_size(const rpp_model* model);
int32_t rpp_max_tokens(const rpp_model* model); /* maximum per text, unless a session sets another */

/* From tags of tokens to entities, as the aggregation_strategy of transformers' TokenClassificationPipeline:
 * simple: neighbouring tokens with one tag; none: every token by itself, with its whole tag ("B-LOC"); the
 * others: whole words, whose tag is that of their first token, of the mean of their tokens' probabilities, or
 * of the token with the largest one. */
typedef enum rpp_aggregation {
  RPP_AGGREGATION_SIMPLE = 0,
  RPP_AGGREGATION_NONE = 1,
  RPP_AGGREGATION_FIRST = 2,
  RPP_AGGREGATION_AVERAGE = 3,
  RPP_AGGREGATION_MAX = 4
} rpp_aggregation;

/* All zero: the defaults, as with NULL options. */
typedef struct rpp_session_options {
  size_t struct_size;    /* sizeof(rpp_session_options); 0 means the same */
  int32_t num_threads;   /* at most 1024; 0: all that the process may use (affinity, CPU quota) */
  int32_t max_tokens;    /* per text, including [CLS] and [SEP]; 0: rpp_max_tokens */
  int32_t refuse_longer; /* 0: longer texts are truncated; not 0: they are an error */
  int32_t aggregation;   /* an rpp_aggregation, for rpp_tag */
} rpp_session_options;

/* Owns the memory of its calls, which grows to a few thousand tokens and is reused. Has fewer threads if the
 * system starts no more. On an error *session is NULL. */
rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options, rpp_session** session);
void rpp_close(rpp_session* session); /* NULL is allowed */

/* scores [count, rpp_num_labels], in the order of the labels: probabilities, which sum to 1 or, in a
 * multi-label model, are independent; the score of a regression; for a cross-encoder what its activation
 * gives. pairs: the second text of each, or NULL for single texts; an entry may be NULL. */
rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count,
                     float* scores);

/* For a cross-encoder, or any model with one label: scores [count] of the query with each text, as rpp_score
 * gives them for pairs, and order [count]: the indices of the texts, best first, equal ones in their order.
 * order may be NULL. */
rpp_status rpp_rank(rpp_session* session, const char* query, const char* const* texts, size_t count,
                    float* scores, size_t* order);

/* embeddings [count, rpp_embedding_size]: as specified by the model's sentence-transformers files
 * (modules.json: pooling, normalisation, prompt, maximum tokens); without them the unnormalised mean of the
 * last hidden states of all tokens. */
rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count, float* embeddings);

typedef struct rpp_answer {
  size_t begin, end;  /* bytes of the context; equal: no answer */
  double probability; /* relative to the 20 best */
} rpp_answer;

/* For a SQuAD model. A long context is read in several windows, without truncation. */
rpp_status rpp_ask(rpp_session* session, const char* question, const char* context, rpp_answer* answer);

typedef struct rpp_filling {
  const char* token; /* valid until the session's next call */
  double probability;
} rpp_filling;

/* For a masked language model: the most likely tokens for the one [MASK] in the text, best first.
 * fillings [count], at most 20. A text that is too long is always an error. */
rpp_status rpp_fill(rpp_session* session, const char* text, size_t count, rpp_filling* fillings);

typedef struct rpp_entity {
  size_t begin, end; /* bytes of the text */
  const char* label; /* without "B-" or "I-", except with RPP_AGGREGATION_NONE */
  double score;      /* its probability, the mean over the entity's parts */
} rpp_entity;

/* For a token classifier (names, places, parts of speech): *entities [*count], in the order of the text,
 * without those labelled "O"; valid until the session's next call. */
rpp_status rpp_tag(rpp_session* session, const char* text, const rpp_entity** entities, size_t* count);

#ifdef __cplusplus
}
#endif

#endif /* RPP_INFER_RPP_H_ */
