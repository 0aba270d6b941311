// The names of tensors in families that have BERT's layers under other names.
#pragma once

#include <string>
#include <string_view>

namespace rpp {

// What BERT calls a tensor, by its prefix and suffix; names of BERT stay as they are.
std::string name_in_bert(std::string_view name);

}  // namespace rpp
