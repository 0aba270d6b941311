/* Finished BERT models in C: load a model file, give it texts, get scores, embeddings, answers or entities.
 *
 * Texts are UTF-8 and end with a zero byte. A model may be used by any number of threads, a session by one at
 * a time; both may be used in a process forked from the one that created them.
 *
 * No function ends the program or lets an exception out. A function that returns an rpp_status checks its
 * pointers: NULL, where it is not allowed, is RPP_USAGE_ERROR. After a failure rpp_last_error() of the
 * calling thread has the reason and results may be partly written; texts are checked before anything is
 * written. A failed call does not affect the next one.
 *
 * An options struct starts with its size, which the caller sets: rpp_load_options options = {sizeof options}.
 * A field that is 0 has its default, and so have the fields that a caller's older struct lacks. A newer
 * struct is accepted as long as the fields that this library does not know are 0. NULL: all defaults.
 *
 * Functions, and fields behind the last one of an options struct, may be added in a minor version. What
 * exists keeps its meaning until the major version changes, which is the number in the soname of librpp.so.
 */
#ifndef RPP_INFER_RPP_H_
#define RPP_INFER_RPP_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RPP_API __attribute__((visibility("default")))
#else
#define RPP_API
#endif

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

/* Of the library that is in use: "1.2.3". */
RPP_API const char* rpp_version(void);

/* Why this thread's last call that returns an rpp_status failed; empty if it did not. Valid until its next
 * one. */
RPP_API const char* rpp_last_error(void);

typedef struct rpp_load_options {
  size_t size; /* sizeof(rpp_load_options) */
  /* Not 0: weights are used in place in the mapped file if possible, so that processes share their memory.
   * The file must not be written to until the model and its sessions are freed: overwriting it in place,
   * which rpp-export and mv do not do, ends the process (SIGBUS) or changes its answers. */
  int32_t mapped;
  /* Not 0: the layers are computed in int8, which changes the answers a little. Whether it is faster depends
   * on the processor and the zeros; measure it with rpp-bench infer --int8. */
  int32_t int8;
} rpp_load_options;

/* A file of rpp-export, or a Hugging Face model directory with its vocabulary. The model is read into
 * memory, so later changes of the file do not affect it. On an error *model is NULL. */
RPP_API rpp_status rpp_load(const char* path, const rpp_load_options* options, rpp_model** model);

/* The same from the bytes of a file of rpp-export. They are copied, so `mapped` is refused. */
RPP_API rpp_status rpp_load_memory(const void* bytes, size_t num_bytes, const rpp_load_options* options,
                                   rpp_model** model);

/* Open sessions remain usable. NULL is allowed. */
RPP_API void rpp_free(rpp_model* model);

/* These return 0 or NULL if the model is NULL. */
/* Of the classifier of texts; 1 for a regression or a cross-encoder; 0: no such classifier. */
RPP_API int32_t rpp_num_labels(const rpp_model* model);
/* Its name; NULL if out of range. */
RPP_API const char* rpp_label(const rpp_model* model, int32_t label);
RPP_API int32_t rpp_hidden_size(const rpp_model* model);
/* Size of an embedding; 0: the model has unsupported modules, which rpp_embed names. */
RPP_API int32_t rpp_embedding_size(const rpp_model* model);
/* Maximum per text, unless a session sets another. */
RPP_API int32_t rpp_max_tokens(const rpp_model* model);

/* The ids of a text, or of a pair if `pair` is not NULL, with [CLS] and [SEP] and without truncation:
 * *count of them. Those that fit are written to ids [capacity], which may be NULL if capacity is 0: a call
 * that only counts. */
RPP_API rpp_status rpp_tokenize(const rpp_model* model, const char* text, const char* pair, int32_t* ids,
                                size_t capacity, size_t* count);

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

typedef struct rpp_session_options {
  size_t size;           /* sizeof(rpp_session_options) */
  int32_t num_threads;   /* at most 1024; 0: all that the process may use (affinity, CPU quota) */
  int32_t max_tokens;    /* per text, including [CLS] and [SEP]; 0: rpp_max_tokens */
  int32_t refuse_longer; /* 0: longer texts are truncated; not 0: they are an error */
  int32_t aggregation;   /* an rpp_aggregation, for rpp_tag */
  /* Any number of texts is computed in passes of at most this many tokens, or of one longer text, which
   * bounds the memory of a session and does not change an answer. 0: 4096. */
  int32_t max_tokens_per_pass;
  int32_t reserved; /* 0 */
} rpp_session_options;

/* Owns the memory of its calls, which grows to one pass and is reused. Its threads start with the first call
 * that computes, fewer if the system starts no more; a forked process starts its own. On an error *session
 * is NULL. */
RPP_API rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options,
                            rpp_session** session);
RPP_API void rpp_close(rpp_session* session); /* NULL is allowed */

/* scores [count, rpp_num_labels], in the order of the labels: probabilities, which sum to 1 or, in a
 * multi-label model, are independent; the score of a regression; for a cross-encoder what its activation
 * gives. pairs: the second text of each, or NULL for single texts; an entry may be NULL. */
RPP_API rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs,
                             size_t count, float* scores);

/* For a cross-encoder, or any model with one label: scores [count] of the query with each text, as rpp_score
 * gives them for pairs, and order [count]: the indices of the texts, best first, equal ones in their order.
 * order may be NULL. */
RPP_API rpp_status rpp_rank(rpp_session* session, const char* query, const char* const* texts, size_t count,
                            float* scores, size_t* order);

typedef enum rpp_normalize {
  RPP_NORMALIZE_DEFAULT = 0, /* to length 1 before `dimensions` cuts, if the model's files say so */
  RPP_NORMALIZE_NO = 1,
  RPP_NORMALIZE_YES = 2 /* what `dimensions` leaves has length 1 */
} rpp_normalize;

typedef struct rpp_embed_options {
  size_t size; /* sizeof(rpp_embed_options) */
  /* The prompt in front of each text, by its name in config_sentence_transformers.json; NULL or "": that
   * file's default_prompt_name, if any. */
  const char* prompt;
  int32_t dimensions; /* only the first of each embedding, for Matryoshka models; 0: rpp_embedding_size */
  int32_t normalize;  /* an rpp_normalize */
} rpp_embed_options;

/* embeddings [count, dimensions]: as specified by the model's sentence-transformers files (modules.json:
 * pooling, normalisation, prompt, maximum tokens); without them the unnormalised mean of the last hidden
 * states of all tokens. */
RPP_API rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count,
                             const rpp_embed_options* options, float* embeddings);

typedef struct rpp_answer {
  size_t begin, end;  /* bytes of the context; equal: no answer */
  double probability; /* relative to the 20 best */
} rpp_answer;

/* For a SQuAD model. A long context is read in several windows, without truncation. */
RPP_API rpp_status rpp_ask(rpp_session* session, const char* question, const char* context,
                           rpp_answer* answer);

typedef struct rpp_filling {
  const char* token; /* valid until the session's next call */
  double probability;
} rpp_filling;

/* For a masked language model: the most likely tokens for the one [MASK] in the text, best first.
 * fillings [count], at most 20. A text that is too long is always an error. */
RPP_API rpp_status rpp_fill(rpp_session* session, const char* text, size_t count, rpp_filling* fillings);

typedef struct rpp_entity {
  size_t begin, end; /* bytes of the text */
  const char* label; /* without "B-" or "I-", except with RPP_AGGREGATION_NONE */
  double score;      /* its probability, the mean over the entity's parts */
} rpp_entity;

/* For a token classifier (names, places, parts of speech): *entities [*count], in the order of the text,
 * without those labelled "O"; valid until the session's next call. */
RPP_API rpp_status rpp_tag(rpp_session* session, const char* text, const rpp_entity** entities,
                           size_t* count);

#ifdef __cplusplus
}
#endif

#endif /* RPP_INFER_RPP_H_ */
