// Forward and backward pass of pre-training, recorded once as a CUDA graph and then replayed: small batches
// wait for the launches of hundreds of kernels, and a graph is one launch.
//
// Nothing that differs between passes may be recorded in the graph. Batches are padded to one shape; they,
// the counts that losses are divided by and dropout's seeds are in fixed tensors that each pass overwrites.
// So dropout masks are the same as without a graph, except for attention: its kernels draw from Torch's
// generator, which is seeded for each pass.
#pragma once

#include <memory>

#include "data/batch_shape.h"
#include "model/bert.h"
#include "tasks/pretrain_loss.h"

namespace rpp {

// Throws UsageError if a run cannot use a graph: on a CPU, or with activation checkpointing of layers with
// attention dropout, whose masks would differ when recomputed.
void check_cuda_graph(const Bert& model, const TrainConfig& train);

class GraphedPass {
 public:
  // Every batch must fit into `shape`; the model must outlive this object.
  GraphedPass(Bert& model, const BatchShape& shape);
  ~GraphedPass();

  // As Task::add_gradients. Every parameter must have a .grad. The first call on a GPU records the graph and
  // sets gradients to zero; options other than the seed stay those of the first call. On a CPU the same work
  // is computed again each time.
  TaskLoss add_gradients(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options);

 private:
  struct Graph;

  void write_inputs(const PackedBatch& batch, const StepCounts& counts, const ForwardOptions& options);
  TaskLoss run();
  void record();
  TaskLoss replay();

  Bert& model_;
  BatchShape shape_;
  PretrainInputs inputs_;
  ForwardOptions options_;
  std::unique_ptr<Graph> graph_;
  TaskLoss recorded_;  // the graph's outputs
};

}  // namespace rpp
