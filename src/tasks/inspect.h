// Finished models with LibTorch: opened with the heads in their files, their outputs for given texts.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/glue.h"
#include "model/bert.h"
#include "rpp/flat_params.h"
#include "rpp/tokenizer.h"
#include "train/tensors.h"

namespace rpp {

struct OpenOptions {
  Precision precision = Precision::fp32;
  torch::Device device = torch::kCPU;
};

struct OpenModel {
  std::filesystem::path directory;
  std::unique_ptr<Bert> bert;
  std::unique_ptr<FlatParams> params;  // of bert, laid out as in training, so that masks fit
};

// Opens any Hugging Face BERT directory, with the pooler and heads in its file. Throws Error as
// read_model_config and load_weights do.
OpenModel open_model(const std::filesystem::path& directory, const OpenOptions& options = {});

// Without dropout, in fp32 on the CPU: input_ids and token_type_ids [tokens], cu_seqlens [texts + 1],
// last_hidden_state [tokens, hidden], pooler_output [texts, hidden] and logits [texts, num_labels] if the
// model has them. max_seq_length 0: the model's number of positions.
NamedTensors forward_texts(const Bert& bert, const Tokenizer& tokenizer, std::span<const GlueExample> texts,
                           int64_t max_seq_length = 0);

struct ForwardFileOptions {
  int64_t max_seq_length = 0;
  std::string precision = "fp32";  // or bf16
};
struct ForwardCounts {
  int64_t texts = 0, tokens = 0;
};
// forward_texts for the lines of a file (read_texts), written as a safetensors file.
ForwardCounts forward_file(const std::filesystem::path& model_dir, const std::filesystem::path& input,
                           const std::filesystem::path& output, const ForwardFileOptions& options);

}  // namespace rpp
