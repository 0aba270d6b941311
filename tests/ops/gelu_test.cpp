#include "ops/gelu.h"

#include "ops/compare.h"
#include "ops/composite.h"

namespace rpp {
namespace {

torch::Tensor reference(const Tensors& in) {
  return in[0] * 0.5 * (1.0 + torch::erf(in[0] / std::sqrt(2.0)));
}

TEST(Gelu, AgreesWithTheErfFormulaForwardAndBackward) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 1}, {3, 17}, {130, 257}, {0, 8}}) {
    const ReferenceTest test = {
        [](const Tensors& in) { return rpp::gelu(in[0]); }, reference, {random_tensor(shape, 1) * 3}, {true}};
    test.run_in_both_precisions();
  }
}

TEST(Gelu, CompositeAgreesWithTheFormula) {
  const ReferenceTest test = {[](const Tensors& in) { return composite::gelu(in[0]); },
                              reference,
                              {random_tensor({5, 7}, 1)},
                              {true}};
  test.run_in_both_precisions();
}

TEST(Gelu, NaNStaysNaN) {
  EXPECT_TRUE(torch::isnan(rpp::gelu(torch::full({33}, NAN))).all().item<bool>());
}

}  // namespace
}  // namespace rpp
