// The part of LibTorch that rpp is written with: tensors, their functions, autograd. <torch/torch.h> brings
// neural-network modules, optimizers and data loaders too, which doubles the time of every compilation.
#pragma once

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>
