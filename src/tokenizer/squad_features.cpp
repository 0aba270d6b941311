#include "tokenizer/squad_features.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "core/parallel_for.h"
#include "rpp/error.h"

namespace rpp {
namespace {

void check_options(const SquadFeatureOptions& options, const SpecialTokens& special) {
  const int64_t room = options.max_seq_length - special.num_in_pair() - options.max_query_length;
  if (room > options.doc_stride) return;
  fail_usage(
      "max_seq_length {} leaves {} tokens of context beside a question of squad.max_query_length {}, which "
      "must be more than squad.doc_stride {}: raise max_seq_length (BERT's is 384)",
      options.max_seq_length, std::max<int64_t>(room, 0), options.max_query_length, options.doc_stride);
}

std::vector<EncodedText> encode_contexts(const SquadData& data, const Tokenizer& tokenizer, int num_threads) {
  std::vector<EncodedText> contexts(data.contexts.size());
  parallel_for(static_cast<int64_t>(contexts.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      contexts[i] = tokenizer.encode_with_offsets(data.contexts[i]);
      contexts[i].ids.shrink_to_fit();
      contexts[i].spans.shrink_to_fit();
    }
  });
  return contexts;
}

std::vector<std::vector<int32_t>> encode_questions(const SquadData& data, const Tokenizer& tokenizer,
                                                   const SquadFeatureOptions& options,
                                                   std::atomic<int64_t>& num_cut) {
  std::vector<std::vector<int32_t>> questions(data.questions.size());
  const auto max_tokens = static_cast<size_t>(options.max_query_length);
  parallel_for(static_cast<int64_t>(questions.size()), options.num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      questions[i] = tokenizer.encode(data.questions[i].text);
      if (questions[i].size() > max_tokens) {
        questions[i].resize(max_tokens);
        ++num_cut;
      }
      questions[i].shrink_to_fit();
    }
  });
  return questions;
}

// The tokens of a context that cover an answer.
struct TokenRange {
  int64_t first, last;
};

// The last token that starts at or before the answer, the first that ends at or after its end. Nothing if the
// answer is before the first token or after the last (in text that normalisation drops).
std::optional<TokenRange> find_tokens(const EncodedText& context, const SquadAnswer& answer) {
  const auto begin = static_cast<uint32_t>(answer.begin);
  const auto end = static_cast<uint32_t>(begin + answer.text.size());
  const auto after = std::ranges::upper_bound(context.spans, begin, {}, &TextSpan::begin);
  const auto last = std::ranges::lower_bound(context.spans, end, {}, &TextSpan::end);
  if (after == context.spans.begin() || last == context.spans.end()) return std::nullopt;
  return TokenRange{after - context.spans.begin() - 1, last - context.spans.begin()};
}

// Finds every question's first window, then makes the windows; both on all cores.
class WindowMaker {
 public:
  WindowMaker(const SquadData& data, const SquadFeatureOptions& options, SquadFeatures& features)
      : data_(data), options_(options), features_(features) {}

  void make() {
    const int64_t count = features_.num_questions();
    features_.first_window.assign(static_cast<size_t>(count) + 1, 0);
    for (int64_t q = 0; q < count; ++q) {
      features_.first_window[static_cast<size_t>(q) + 1] =
          features_.first_window[static_cast<size_t>(q)] + num_windows(q);
    }
    features_.windows.resize(static_cast<size_t>(features_.first_window.back()));
    parallel_for(count, options_.num_threads, [&](int64_t begin, int64_t end) {
      for (int64_t q = begin; q < end; ++q) fill_windows(q);
    });
  }

 private:
  int64_t context_tokens(int64_t question) const {
    return static_cast<int64_t>(features_.context_of(question).ids.size());
  }
  int64_t room(int64_t question) const {
    const auto question_tokens =
        static_cast<int64_t>(features_.questions[static_cast<size_t>(question)].size());
    return options_.max_seq_length - features_.special.num_in_pair() - question_tokens;
  }
  int64_t step(int64_t question) const { return room(question) - options_.doc_stride; }

  int64_t num_windows(int64_t question) const {
    const int64_t left_over = std::max<int64_t>(context_tokens(question) - room(question), 0);
    return 1 + (left_over + step(question) - 1) / step(question);
  }

  void fill_windows(int64_t question) {
    const auto range = answer_tokens(question);
    const auto first = static_cast<size_t>(features_.first_window[static_cast<size_t>(question)]);
    for (int64_t i = 0; i < num_windows(question); ++i) {
      const int64_t begin = i * step(question);
      const int64_t count = std::min(room(question), context_tokens(question) - begin);
      SquadWindow& window = features_.windows[first + static_cast<size_t>(i)];
      window = {.question = static_cast<int32_t>(question),
                .first_token = static_cast<int32_t>(begin),
                .num_tokens = static_cast<int32_t>(count)};
      if (!range || range->first < begin || range->last >= begin + count) continue;
      const int64_t shift = features_.context_begin(question) - begin;
      window.start_position = static_cast<int32_t>(range->first + shift);
      window.end_position = static_cast<int32_t>(range->last + shift);
    }
  }

  std::optional<TokenRange> answer_tokens(int64_t question) const {
    for (const SquadAnswer& answer : data_.questions[static_cast<size_t>(question)].answers) {
      if (answer.begin >= 0) return find_tokens(features_.context_of(question), answer);
    }
    return std::nullopt;
  }

  const SquadData& data_;
  const SquadFeatureOptions& options_;
  SquadFeatures& features_;
};

}  // namespace

std::span<const SquadWindow> SquadFeatures::windows_of(int64_t question) const {
  const int64_t begin = first_window[static_cast<size_t>(question)];
  const int64_t end = first_window[static_cast<size_t>(question) + 1];
  return std::span(windows).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

const EncodedText& SquadFeatures::context_of(int64_t question) const {
  return contexts[static_cast<size_t>(context_of_question[static_cast<size_t>(question)])];
}

int64_t SquadFeatures::context_begin(int64_t question) const {
  return static_cast<int64_t>(questions[static_cast<size_t>(question)].size()) + special.num_in_pair() - 1;
}

SquadFeatures make_squad_features(const SquadData& data, const Tokenizer& tokenizer,
                                  const SquadFeatureOptions& options) {
  check_options(options, tokenizer.special());
  std::atomic<int64_t> num_cut = 0;
  SquadFeatures features{.contexts = encode_contexts(data, tokenizer, options.num_threads),
                         .questions = encode_questions(data, tokenizer, options, num_cut),
                         .context_of_question = {},
                         .windows = {},
                         .first_window = {},
                         .special = tokenizer.special()};
  for (const SquadQuestion& question : data.questions) {
    features.context_of_question.push_back(question.context);
  }
  features.num_cut_questions = num_cut;
  WindowMaker(data, options, features).make();
  return features;
}

bool is_max_context(std::span<const SquadWindow> windows, size_t window, int64_t token) {
  // min(left, right) + 0.01 * length in the reference; in integers here. Ties go to the first.
  // Windows start and end in ascending order, so those that contain the token are neighbours.
  auto holder = std::ranges::partition_point(
      windows, [&](const SquadWindow& w) { return w.first_token + w.num_tokens <= token; });
  int64_t best = -1;
  auto best_window = windows.end();
  for (; holder != windows.end() && holder->first_token <= token; ++holder) {
    const int64_t left = token - holder->first_token;
    const int64_t right = holder->num_tokens - 1 - left;
    const int64_t score = 100 * std::min(left, right) + holder->num_tokens;
    if (score <= best) continue;
    best = score;
    best_window = holder;
  }
  return best_window == windows.begin() + static_cast<int64_t>(window);
}

void append_window(const SquadFeatures& features, const SquadWindow& window, std::vector<int32_t>& ids,
                   std::vector<int32_t>& type_ids) {
  const auto& question = features.questions[static_cast<size_t>(window.question)];
  const auto context =
      std::span(features.context_of(window.question).ids)
          .subspan(static_cast<size_t>(window.first_token), static_cast<size_t>(window.num_tokens));
  const SpecialTokens& special = features.special;
  ids.push_back(special.cls);
  ids.insert(ids.end(), question.begin(), question.end());
  ids.push_back(special.sep);
  type_ids.resize(ids.size(), 0);
  if (special.two_separators) ids.push_back(special.sep);
  ids.insert(ids.end(), context.begin(), context.end());
  ids.push_back(special.sep);
  type_ids.resize(ids.size(), special.second_type());
}

}  // namespace rpp
