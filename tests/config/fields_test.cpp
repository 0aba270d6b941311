// Every key with its default and both ends of its range, so that an accidental change of a default or a bound
// fails here.
#include "config/fields.h"
#include "bert_format/model_config.h"
#include "bert_format/model_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rpp {
namespace {

// "[0, 1)" includes 0, but not 1.
std::string range_text(const Range& range) {
  return fmt::format("{}{}, {}{}", range.open_min ? '(' : '[', range.min, range.max,
                     range.open_max ? ')' : ']');
}

class FieldList {
 public:
  void field(const FieldInfo& info, int64_t value) {
    add(info, fmt::format("{}", value), range_text(info.range));
  }
  void field(const FieldInfo& info, double value) {
    add(info, fmt::format("{}", value), range_text(info.range));
  }
  void field(const FieldInfo& info, bool value) { add(info, fmt::format("{}", value), ""); }
  void field(const FieldInfo& info, const std::string& value) {
    add(info, fmt::format("'{}'", value), fmt::format("{}", fmt::join(info.choices, " | ")));
  }
  void field(const FieldInfo& info, const std::vector<std::string>& value) {
    add(info, fmt::format("[{}]", fmt::join(value, ", ")), "");
  }
  void section(std::string_view key, const auto& nested) {
    const std::string outer = prefix_;
    prefix_ += std::string(key) + ".";
    visit_fields(nested, *this);
    prefix_ = outer;
  }

  const std::string& text() const { return text_; }

 private:
  void add(const FieldInfo& info, const std::string& value, const std::string& allowed) {
    text_ += fmt::format("{}{} = {}{}{}\n", prefix_, info.key, value, allowed.empty() ? "" : "  ", allowed);
  }

  std::string prefix_, text_;
};

std::string fields_of(const auto& config) {
  FieldList list;
  visit_fields(config, list);
  return list.text();
}

constexpr const char* kModel = R"(vocab_size = 30522  [1, inf]
hidden_size = 768  [1, inf]
num_hidden_layers = 12  [1, inf]
num_attention_heads = 12  [1, inf]
intermediate_size = 3072  [1, inf]
hidden_act = 'gelu'  gelu
hidden_dropout_prob = 0.1  [0, 1)
attention_probs_dropout_prob = 0.1  [0, 1)
max_position_embeddings = 512  [1, inf]
type_vocab_size = 2  [1, inf]
initializer_range = 0.02  (0, inf]
layer_norm_eps = 1e-12  (0, inf]
pad_token_id = 0  [0, inf]
)";

constexpr const char* kSections = R"(optimizer.learning_rate = 2e-05  [0, inf]
optimizer.beta1 = 0.9  [0, 1)
optimizer.beta2 = 0.999  [0, 1)
optimizer.epsilon = 1e-06  (0, inf]
optimizer.weight_decay = 0.01  [0, inf]
optimizer.max_grad_norm = 1  [0, inf]
optimizer.bias_correction = true
optimizer.layer_decay = 1  (0, 1]
schedule.decay = 'linear'  linear | cosine | constant
schedule.decay_begin = 0  [0, 1]
schedule.rewind = false
schedule.warmup_steps = 0  [0, inf]
schedule.warmup_ratio = 0  [0, 1)
prune.method = 'dense'  dense | rpp | rpp_preconditioned | nip | gradual | one_shot | movement | soft_movement | fixed
prune.target_ratio = 0.5  [0, 1)
prune.exclude = []
prune.ratios = []
prune.hold_zeros = true
prune.ranking = 'matrix'  matrix | global
prune.importance = 'magnitude'  magnitude | fisher
prune.block = 1  [1, inf]
prune.recovery_share = -1  [-1, 1)
prune.recovery_steps = 0  [0, inf]
prune.rounds = 12  [1, inf]
prune.steps_per_round = 0  [0, inf]
prune.first_round_share = 0.1  (0, 1]
prune.epsilon = 0.001  (0, inf]
prune.gamma = 0  [0, inf]
prune.final_topk = false
prune.stages = 0  [0, inf]
prune.ramp_begin = 0  [0, 1)
prune.mask_updates = 32  [1, inf]
prune.prune_at = 0  [0, 1]
prune.score_rate = 1  (0, inf]
prune.score_penalty = 0.001  [0, inf]
prune.score_threshold = 0.1  (0, 1)
prune.check_every = 100  [0, inf]
prune.mask = ''
distill.teacher = ''
distill.weight = 0.5  [0, 1]
distill.temperature = 2  (0, inf]
distill.hidden_weight = 0  [0, inf]
distill.hidden_layers = 'last'  last | all
distill.hidden_error = 'squared'  squared | normalised
train.seed = 42  [0, inf]
train.steps = 1000  [1, inf]
train.batch_size = 32  [1, inf]
train.micro_batch_size = 0  [0, inf]
train.eval_every = 200  [0, inf]
train.eval_batches = 20  [1, inf]
train.best_metric = ''
train.patience = 0  [0, inf]
train.log_every = 20  [1, inf]
train.save_every = 500  [0, inf]
train.keep_last = 2  [0, inf]
train.keep_checkpoints = false
train.max_bad_steps = 10  [1, inf]
train.num_threads = 0  [0, 1024]
train.dropout = -1  [-1, 1)
train.precision = 'fp32'  fp32 | bf16
train.activation_checkpointing = false
train.cuda_graph = false
train.device = 'automatic'  automatic | cpu | cuda
train.kernels = 'fast'  fast | reference
)";

constexpr const char* kPretraining = R"(model = ''
model_config = ''
tokenizer = ''
output_dir = ''
data.train = []
data.valid = []
data.max_seq_length = 128  [8, inf]
data.short_seq_prob = 0.1  [0, 1]
data.mask_prob = 0.15  (0, 1)
data.whole_word_mask = false
data.max_predictions = 20  [1, inf]
data.next_sentence = true
)";

constexpr const char* kFinetuning = R"(task = ''
data_dir = ''
train_files = []
dev_files = []
test_files = []
custom.text = 'text'
custom.text_pair = ''
custom.label = 'label'
custom.labels = []
custom.regression = false
custom.multi_label = false
custom.label_separator = ','
custom.token_classification = false
custom.tokens = 'tokens'
custom.tags = ''
custom.word_column = 0  [-inf, inf]
custom.tag_column = -1  [-inf, inf]
model = ''
output_dir = ''
max_seq_length = 128  [8, inf]
epochs = 3  (0, inf]
max_train_samples = 0  [0, inf]
max_eval_samples = 0  [0, inf]
reinit_layers = 0  [0, inf]
label_smoothing = 0  [0, 1)
class_weights = []
squad.doc_stride = 128  [0, inf]
squad.max_query_length = 64  [1, inf]
squad.n_best_size = 20  [1, inf]
squad.max_answer_length = 30  [1, inf]
squad.null_score_diff_threshold = 0  [-inf, inf]
squad.strict = false
embed.retrieval = ''
)";

constexpr const char* kDist = R"(dist.timeout_seconds = 120  [1, inf]
dist.deterministic = false
dist.virtual_ranks = 8  [1, inf]
)";

TEST(Fields, ModelConfigHasTheseKeys) {
  EXPECT_EQ(fields_of(ModelConfig()), kModel);
}

TEST(Fields, LayerSizesHaveTheseKeys) {
  EXPECT_EQ(fields_of(LayerSizes()),
            "num_attention_heads = 0  [1, inf]\n"
            "query_key_dim = 0  [1, inf]\n"
            "value_dim = 0  [1, inf]\n"
            "intermediate_size = 0  [1, inf]\n");
}

TEST(Fields, PretrainConfigHasTheseKeys) {
  PretrainConfig config;
  EXPECT_EQ(config.schedule.decay_begin, 0.7);
  config.schedule = {};
  EXPECT_EQ(fields_of(config), std::string(kPretraining) + kSections + kDist);
}

TEST(Fields, FinetuneConfigHasTheseKeys) {
  FinetuneConfig config;
  EXPECT_EQ(config.schedule.warmup_ratio, 0.1);
  EXPECT_EQ(config.prune.method, PruneMethod::fixed);
  config.schedule = {};  // the other sections are the same as for pre-training
  config.prune = {};
  EXPECT_EQ(fields_of(config), std::string(kFinetuning) + kSections + kDist);
}

}  // namespace
}  // namespace rpp
