// The machine's peak rates, to which measurements are compared.
#pragma once

#include <torch/types.h>

#include <string>

namespace rpp {

torch::ScalarType scalar_type_of(const std::string& precision);

// Waits for a GPU to finish; does nothing on the CPU.
void synchronize(torch::Device device);

// "NVIDIA H100 80GB HBM3" or "cpu".
std::string device_name(torch::Device device);

// Operations per second of a GEMM [2048, 1024] x [1024, 4096] (CUDA: 8192 cubed); of fp32 where the processor
// has no bf16 matmuls.
double gemm_flops_per_second(torch::Device device, torch::ScalarType type);

// Bytes read and written per second by a copy of 128 MiB (CUDA: 1 GiB).
double copy_bytes_per_second(torch::Device device);

}  // namespace rpp
