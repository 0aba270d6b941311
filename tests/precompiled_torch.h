// Precompiled for the tests of modules with LibTorch.
#pragma once

#include "ops/torch.h"
#include "precompiled.h"
