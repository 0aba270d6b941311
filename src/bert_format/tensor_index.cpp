#include "bert_format/tensor_index.h"

#include <algorithm>
#include <vector>

#include "io/floats.h"

namespace rpp {
namespace {

void check_tied(const TensorIndex<TensorView>& tensors, std::string_view copy, std::string_view original) {
  const TensorView *of_copy = tensors.find(copy), *of_original = tensors.find(original);
  if (of_copy == nullptr || of_original == nullptr) return;
  std::vector<float> copy_storage, original_storage;
  RPP_CHECK(std::ranges::equal(as_floats(*of_copy, copy_storage), as_floats(*of_original, original_storage)),
            "{}: {} differs from {}, but this model ties them: untied decoders are not supported",
            tensors.file(), copy, original);
}

}  // namespace

void check_tied(const TensorIndex<TensorView>& tensors) {
  check_tied(tensors, kDecoderWeight, kWordEmbeddings);
  check_tied(tensors, kDecoderBias, kMlmBias);
}

}  // namespace rpp
