#include "core/version.h"

namespace rpp {

std::string version_string() {
  return RPP_VERSION " (commit " RPP_COMMIT ")";
}

const char* version_number() {
  return RPP_VERSION;
}

}  // namespace rpp
