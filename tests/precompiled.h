// Precompiled for the tests of modules without LibTorch.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
