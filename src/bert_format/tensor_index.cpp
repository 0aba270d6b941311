#include "bert_format/tensor_index.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "io/floats.h"

namespace rpp {
namespace {

bool is_copy(const TensorIndex<TensorView>& tensors, std::string_view copy, std::string_view original) {
  const TensorView *of_copy = tensors.find(copy), *of_original = tensors.find(original);
  if (of_copy == nullptr || of_original == nullptr) return true;
  if (!is_float(of_copy->dtype) || !is_float(of_original->dtype)) return false;
  std::vector<float> copy_storage, original_storage;
  return std::ranges::equal(as_floats(*of_copy, copy_storage), as_floats(*of_original, original_storage));
}

}  // namespace

std::string untied_decoder(const TensorIndex<TensorView>& tensors) {
  for (const auto& [copy, original] :
       {std::pair{kDecoderWeight, kWordEmbeddings}, std::pair{kDecoderBias, kMlmBias}}) {
    if (!is_copy(tensors, copy, original)) {
      return fmt::format(
          "{}: {} differs from {}, but this model ties them: untied decoders are not supported",
          tensors.file(), copy, original);
    }
  }
  return "";
}

void check_tied(const TensorIndex<TensorView>& tensors) {
  const std::string untied = untied_decoder(tensors);
  RPP_CHECK(untied.empty(), "{}", untied);
}

}  // namespace rpp
