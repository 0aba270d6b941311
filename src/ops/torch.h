// The part of LibTorch that rpp uses: tensors, their functions, autograd. <torch/torch.h> adds neural-network
// modules, optimizers and data loaders, which doubles the time of every compilation.
#pragma once

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
