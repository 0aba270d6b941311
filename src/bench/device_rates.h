// What the machine reaches when it does nothing else: the limits that measurements are shares of.
#pragma once

#include <torch/types.h>

#include <string>

namespace rpp {

torch::ScalarType scalar_type_of(const std::string& precision);

// Waits for a GPU to finish; nothing on the CPU.
void synchronize(torch::Device device);

// "NVIDIA H100 80GB HBM3" or "cpu".
std::string device_name(torch::Device device);

// Of a product [2048, 1024] x [1024, 4096] (CUDA: 8192 cubed), operations per second.
double gemm_flops_per_second(torch::Device device, torch::ScalarType type);

// Bytes read and written per second by a copy of 128 MiB (CUDA: 1 GiB).
double copy_bytes_per_second(torch::Device device);

}  // namespace rpp
