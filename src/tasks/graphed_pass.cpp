#include "tasks/graphed_pass.h"

#include "ops/torch.h"
#include "rpp/error.h"
#include "train/tensors.h"

#ifdef RPP_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace rpp {
namespace {

std::vector<torch::Tensor> tensors_of(const PretrainInputs& inputs) {
  return {inputs.bert.input_ids,    inputs.bert.token_type_ids,
          inputs.bert.position_ids, inputs.bert.layout.cu_seqlens,
          inputs.mlm_positions,     inputs.mlm_labels,
          inputs.nsp_labels,        inputs.predictions_and_sequences};
}

void copy_into(const PretrainInputs& from, PretrainInputs& to) {
  const auto sources = tensors_of(from), places = tensors_of(to);
  for (size_t i = 0; i < places.size(); ++i) places[i].copy_(sources[i]);
  to.bert.layout.host_cu_seqlens = from.bert.layout.host_cu_seqlens;
  to.counts = from.counts;
}

}  // namespace

void check_cuda_graph(const Bert& model, const TrainConfig& train) {
  if (!train.cuda_graph) return;
  if (train.activation_checkpointing && model.config().attention_probs_dropout_prob > 0) {
    fail_usage(
        "train.cuda_graph and train.activation_checkpointing go together only where the model's "
        "attention_probs_dropout_prob is 0: set one of them to false");
  }
  if (model.device().is_cpu()) {
    fail_usage("train.cuda_graph is true, but the run computes on the CPU: set it to false, or run on a GPU");
  }
}

#ifdef RPP_CUDA
struct GraphedPass::Graph {
  at::cuda::CUDAGraph graph;
};
#else
struct GraphedPass::Graph {};
#endif

GraphedPass::GraphedPass(Bert& model, const BatchShape& shape) : model_(model), shape_(shape) {}

GraphedPass::~GraphedPass() = default;

TaskLoss GraphedPass::add_gradients(const PackedBatch& batch, const StepCounts& counts,
                                    const ForwardOptions& options) {
  write_inputs(fill_up(batch, shape_), counts, options);
#ifdef RPP_CUDA
  if (model_.device().is_cuda()) {
    if (!graph_) record();
    return replay();
  }
#endif
  return run();
}

void GraphedPass::write_inputs(const PackedBatch& batch, const StepCounts& counts,
                               const ForwardOptions& options) {
  const auto device = model_.device();
  auto inputs = pretrain_inputs(batch, counts, device);
  const auto seeds =
      seed_tensor(dropout_seeds(options.dropout_seed, model_.config().num_hidden_layers), device);
  if (!options_.dropout_seeds.defined()) {
    inputs.bert.layout.max_seqlen = shape_.max_seq_length;
    inputs_ = std::move(inputs);
    options_ = options;
    options_.dropout_seeds = seeds;
    return;
  }
  copy_into(inputs, inputs_);
  options_.dropout_seeds.copy_(seeds);
  options_.dropout_seed = options.dropout_seed;
}

TaskLoss GraphedPass::run() {
  return backward(pretrain_loss(model_, inputs_, options_));
}

#ifdef RPP_CUDA
void GraphedPass::record() {
  constexpr int kWarmUps = 3;  // libraries initialise in their first calls, which a graph cannot record
  torch::cuda::synchronize();  // finishes the default stream, on which nothing can be recorded
  const c10::cuda::CUDAStreamGuard guard(
      c10::cuda::getStreamFromPool(/*isHighPriority=*/false, model_.device().index()));
  for (int i = 0; i < kWarmUps; ++i) run();
  for (const auto& spec : model_.param_specs()) spec.param.grad().zero_();
  graph_ = std::make_unique<Graph>();
  graph_->graph.capture_begin();
  recorded_ = run();
  graph_->graph.capture_end();
  torch::cuda::synchronize();
}

TaskLoss GraphedPass::replay() {
  at::Generator generator = at::globalContext().defaultGenerator(model_.device());
  generator.set_current_seed(options_.dropout_seed);
  graph_->graph.replay();
  // Copies, as the next replay overwrites the results.
  TaskLoss result{.loss = recorded_.loss.clone(), .parts = {}};
  for (const auto& [name, value] : recorded_.parts) result.parts[name] = value.clone();
  return result;
}
#endif

}  // namespace rpp
