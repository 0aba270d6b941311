// What zeros are worth on this machine: the time of products and of whole models, with and without them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace rpp {

// W x for one tile after the other on one thread, W [rows, cols] with zeros at random.
struct MatmulShape {
  int64_t rows = 3072;
  int64_t cols = 768;
  int64_t tokens = 128;
  double prune_ratio = 0.9;
};

struct SpeedTimes {
  std::string kernels;       // the instruction set that ran
  double dense_seconds = 0;  // the best of all repetitions
  double sparse_seconds = 0;
};

// `kernels` as in RuntimeOptions.
SpeedTimes time_matmul(const MatmulShape& shape, int64_t repeat, const std::string& kernels = "");

struct EncodeLoad {
  int64_t tokens = 128;  // of each sequence
  int64_t batch = 1;     // sequences
  int num_threads = 1;
};

// The encoder of a model file, every matrix dense and then each as a RuntimeModel would have it. Throws Error
// as RuntimeModel::load does, and when the model takes fewer tokens.
SpeedTimes time_encoder(const std::filesystem::path& model_file, const EncodeLoad& load, int64_t repeat,
                        const std::string& kernels = "");

}  // namespace rpp
