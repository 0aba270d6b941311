// The fuzz target of the file readers: any bytes end in an answer or in rpp::Error. Under the sanitizers.
//
// It has the form of LLVM's libFuzzer; fuzz_driver.cpp runs it where there is none.
#include "model_file_fuzz.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "rpp/core/error.h"
#include "rpp/infer/session.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void write_input(std::span<const uint8_t> bytes) {
  std::ofstream file(input_path(), std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.flush();
  RPP_CHECK(file.good(), "cannot write {}", input_path());
}

// A sanitizer sees only what is read.
void read_all(const SafetensorsFile& file) {
  volatile uint8_t sum = 0;
  for (const auto& tensor : file.tensors()) {
    for (const std::byte byte : tensor.data) sum = sum ^ static_cast<uint8_t>(byte);
  }
}

void unpack_all(const ModelFile& file) {
  for (const auto& tensor : file.contents().tensors) {
    std::vector<float> matrix(static_cast<size_t>(tensor.data.num_entries()));
    unpack_into(tensor.data, matrix);
  }
}

// Two sequences, with the first and the last of everything that ids may name; every head the model has.
void encode(const std::shared_ptr<const RuntimeModel>& model) {
  const ModelSizes& sizes = model->sizes();
  const auto last_id = static_cast<int32_t>(sizes.vocab - 1);
  const auto last_type = static_cast<int32_t>(sizes.token_types - 1);
  const auto length = static_cast<int32_t>(std::min<int64_t>(sizes.positions, 20));
  std::vector<int32_t> ids(static_cast<size_t>(length) + 1, last_id), types(ids.size(), last_type);
  ids.back() = types.back() = 0;
  const int32_t cu_seqlens[] = {0, length, length + 1};
  Session session(model, /*num_threads=*/1);
  session.encode({.input_ids = ids, .token_type_ids = types, .cu_seqlens = cu_seqlens});
  session.hidden();
  session.mean_pooled();
  if (sizes.pooler) session.pooled();
  if (sizes.labels > 0) session.logits();
  if (sizes.span) session.span_logits();
  const int32_t positions[] = {0, length};
  if (sizes.mlm) session.mlm_logits(positions);
}

}  // namespace

const fs::path& input_path() {
  static const fs::path path = (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                               fmt::format("rpp_fuzz_{}.rpp", ::getpid());
  return path;
}

ReadStage read_as_far_as_possible(std::span<const uint8_t> bytes) {
  auto stage = ReadStage::nothing;
  write_input(bytes);
  try {
    read_all(SafetensorsFile(input_path()));
    stage = ReadStage::safetensors;
    unpack_all(ModelFile(input_path()));
    stage = ReadStage::model_file;
    const auto model = RuntimeModel::load(input_path());
    stage = ReadStage::runtime;
    encode(model);
    stage = ReadStage::encoded;
  } catch (const Error&) {
  }
  fs::remove(input_path());
  return stage;
}

}  // namespace rpp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rpp::read_as_far_as_possible({data, size});
  return 0;
}
