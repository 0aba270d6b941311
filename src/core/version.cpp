#include "core/version.h"

namespace rpp {

std::string version_string() {
  return RPP_VERSION " (commit " RPP_COMMIT ")";
}

}  // namespace rpp
