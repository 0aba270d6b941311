// The parts of train_vocabulary: one for WordPiece, one for sentencepiece's own models, and the shared call
// of sentencepiece's trainer.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "vocab_training/vocab_trainer.h"

namespace rpp {

inline constexpr std::array<std::string_view, 5> kSpecialPieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                                   "[MASK]"};

VocabReport train_wordpiece(const VocabOptions& options);
VocabReport train_spiece(const VocabOptions& options);

using TrainerArguments = std::unordered_map<std::string, std::string>;
using LineSource = std::function<bool(std::string&)>;  // false at the end

// The serialized model. Throws Error when there are no lines, and for errors reported by sentencepiece.
std::string run_sentencepiece_trainer(TrainerArguments arguments, const VocabOptions& options,
                                      LineSource next_line);

[[noreturn]] void fail_without_text(const VocabOptions& options);

}  // namespace rpp
