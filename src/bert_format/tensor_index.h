// The tensors of a file by their canonical names (tensor_names.h), whatever the file calls them.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "bert_format/tensor_names.h"
#include "io/safetensors_set.h"
#include "rpp/error.h"

namespace rpp {

// Tensor: TensorView or ModelTensor. Valid as long as the tensors that it is made of.
template <typename Tensor>
class TensorIndex {
 public:
  // Throws Error naming `file` and two tensors that have the same canonical name.
  TensorIndex(std::filesystem::path file, std::span<const Tensor> tensors) : file_(std::move(file)) {
    for (const Tensor& tensor : tensors) {
      const auto [place, is_new] = tensors_.emplace(canonical_name(tensor.name), &tensor);
      RPP_CHECK(is_new, "{} holds both {} and {}, which are the same tensor: remove one", file_,
                place->second->name, tensor.name);
    }
    // Some files have the bias of the masked LM under the decoder's name only.
    if (const Tensor* bias = find(kDecoderBias)) tensors_.emplace(kMlmBias, bias);
  }

  const std::filesystem::path& file() const { return file_; }
  bool has(std::string_view canonical) const { return find(canonical) != nullptr; }
  const Tensor* find(std::string_view canonical) const {
    const auto found = tensors_.find(canonical);
    return found == tensors_.end() ? nullptr : found->second;
  }
  // Throws Error naming file and tensor when it is absent.
  const Tensor& at(std::string_view canonical) const {
    const Tensor* tensor = find(canonical);
    RPP_CHECK(tensor != nullptr, "{} has no tensor {}, which config.json asks for", file_, canonical);
    return *tensor;
  }
  // Canonical name to tensor.
  const auto& all() const { return tensors_; }

 private:
  std::filesystem::path file_;
  std::map<std::string, const Tensor*, std::less<>> tensors_;
};

inline TensorIndex<TensorView> index_of(const SafetensorsSet& weights) {
  return {weights.path(), weights.tensors()};
}

// What is wrong with a decoder that the file holds beside the word embeddings, or with its bias beside the
// masked LM's, when it has other values: this model ties them. Empty if nothing is.
std::string untied_decoder(const TensorIndex<TensorView>& tensors);
// Throws Error with untied_decoder(), for whoever needs the masked-LM head.
void check_tied(const TensorIndex<TensorView>& tensors);

}  // namespace rpp
