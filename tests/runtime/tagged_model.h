// The golden encoder as a BertForTokenClassification with the labels O, B-PER and I-PER, and a vocabulary.
#pragma once

#include <array>

#include "edited_config.h"
#include "io/safetensors.h"

namespace rpp {

inline constexpr const char* kTaggedText = "Annabelle Kim lives in New Yorkers, Z\u00fcrich \u6771e";

inline void make_tagged_model(const TestDir& dir) {
  copy_with_config(dir, "classifier",
                   {{"architectures", {"BertForTokenClassification"}},
                    {"id2label", {{"0", "O"}, {"1", "B-PER"}, {"2", "I-PER"}}}});
  const std::array bias = {1.0F, -1.0F, 0.5F};  // so that every label occurs
  const SafetensorsFile golden(golden_dir() / "classifier/model.safetensors");
  std::vector<TensorView> tensors = golden.tensors();
  for (TensorView& tensor : tensors) {
    if (tensor.name == "classifier.bias") tensor.data = std::as_bytes(std::span(bias));
  }
  save_safetensors(dir / "model.safetensors", tensors);
  dir.write("vocab.txt",
            "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nanna\n##bel\n##le\nkim\nnew\nyork\n##er\n##"
            "s\nin\nlives\nparis\n,\n"
            "e\n##e\nzur\n##ich\n\u6771\n[\n]\nmask\n");
  dir.write("tokenizer_config.json", R"({"do_lower_case": true})");
}

}  // namespace rpp
