#include "launch/free_port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "rpp/error.h"

namespace rpp {
namespace {

// 0 if there is none; errno says why.
int64_t bound_port(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket, generic, size) != 0 || getsockname(socket, generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

}  // namespace

int64_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RPP_CHECK(socket >= 0, "cannot open a socket: {}", std::strerror(errno));
  const int64_t port = bound_port(socket);
  const int error = errno;
  close(socket);
  RPP_CHECK(port != 0, "cannot find a free port: {}", std::strerror(error));
  return port;
}

}  // namespace rpp
