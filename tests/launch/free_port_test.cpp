#include "launch/free_port.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rpp::test {
namespace {

TEST(FreePort, SomebodyCanListenThere) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(free_port()));
  EXPECT_GT(ntohs(address.sin_port), 0);
  EXPECT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(socket, 1), 0);
  close(socket);
}

}  // namespace
}  // namespace rpp::test
