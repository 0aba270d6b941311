// Forward and backward pass of pre-training, recorded once as a CUDA graph and then repeated: small batches
// wait for the launches of hundreds of kernels, and a graph is one launch.
//
// Nothing that differs between passes may be part of the graph. Batches are filled up to one shape; they, the
// counts that losses are divided by and dropout's seeds lie in tensors that stay, and each pass writes into
// them. So a pass drops what it would drop without a graph, but for attention: its kernels draw from Torch's
// generator, which is seeded for each pass.
#pragma once

#include <memory>

#include "data/batch_shape.h"
#include "model/bert.h"
#include "tasks/pretrain_loss.h"

namespace rpp {

// Throws UsageError where a run cannot have one: on a CPU, or where layers are computed again that drop
// attention's probabilities, which would be others then.
void check_cuda_graph(const Bert& model, const TrainConfig& train);

class GraphedPass {
 public:
  // Every batch has to fit into `shape`; the model must outlive this.
  GraphedPass(Bert& model, const BatchShape& shape);
  ~GraphedPass();

  // As Task::add_gradients. Every parameter has its .grad. The first call on a GPU records the graph and sets
  // gradients to zero; options other than the seed stay those of the first call. On a CPU the same work is
  // done anew each time.
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
  TaskLoss recorded_;  // where the graph leaves its results
};

}  // namespace rpp
