#include "model_file_mutate.h"

#include <cstring>
#include <optional>
#include <span>

#include "core/json.h"
#include "core/xxh3.h"
#include "mutate.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLengthBytes = 8, kChecksumBytes = 8;
constexpr const char* kConfig = "file:config.json";

// Where the data starts, if the header's length is within the file.
std::optional<size_t> data_begin(std::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return {};
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes) return {};
  return kLengthBytes + length;
}

void set_header(std::string& bytes, size_t old_begin, const std::string& header) {
  const uint64_t length = header.size();
  bytes.replace(kLengthBytes, old_begin - kLengthBytes, header);
  std::memcpy(bytes.data(), &length, kLengthBytes);
}

void edit_length(std::string& bytes, Rng& rng) {
  if (bytes.size() < kLengthBytes) return;
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const uint64_t lengths[] = {0,
                              length - 1,
                              length + 1,
                              length + 8,
                              bytes.size(),
                              100'000'000,
                              uint64_t{1} << 63,
                              ~uint64_t{0} - rng.below(16)};
  std::memcpy(bytes.data(), &lengths[rng.below(std::size(lengths))], kLengthBytes);
}

void edit_header(std::string& bytes, Rng& rng) {
  const auto begin = data_begin(bytes);
  if (!begin) return;
  std::string header = bytes.substr(kLengthBytes, *begin - kLengthBytes);
  edit_token(header, rng);
  set_header(bytes, *begin, header);
}

// config.json is part of the data: everything after it moves.
void edit_config(std::string& bytes, size_t begin, Rng& rng) {
  const std::string text = bytes.substr(kLengthBytes, begin - kLengthBytes);
  auto header = parse_json<Json>(text, "the header");
  const Json& offsets = header.at(kConfig).at("data_offsets");
  if (!offsets.at(0).is_number_unsigned() || !offsets.at(1).is_number_unsigned()) return;
  const auto [first, end] = offsets.get<std::pair<size_t, size_t>>();
  if (first > end || end > bytes.size() - begin) return;
  std::string config = bytes.substr(begin + first, end - first);
  edit_token(config, rng);
  for (auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    for (Json& offset : entry.at("data_offsets")) {
      if (offset.is_number_unsigned() && offset >= end)
        offset = offset.get<size_t>() - end + first + config.size();
    }
  }
  header[kConfig]["shape"] = {config.size()};
  bytes.replace(begin + first, end - first, config);
  set_header(bytes, begin, header.dump());
}

void edit_config(std::string& bytes, Rng& rng) {
  const auto begin = data_begin(bytes);
  if (!begin) return;
  try {
    edit_config(bytes, *begin, rng);
  } catch (const Json::exception&) {  // a file that is already damaged
  } catch (const Error&) {
  }
}

void change(std::string& bytes, const std::vector<std::string>& files, Rng& rng) {
  switch (rng.below(10)) {
    case 0:
      return truncate(bytes, rng);
    case 1:
      return edit_length(bytes, rng);
    case 2:
    case 3:
      return splice(bytes, files[rng.below(files.size())], rng);
    case 4:
    case 5:
    case 6:
      return edit_header(bytes, rng);
    default:
      return flip_bit(bytes, rng);
  }
}

}  // namespace

void mutate_model_file(std::string& bytes, const std::vector<std::string>& others, Rng& rng) {
  if (rng.below(2) == 0) edit_config(bytes, rng);
  for (uint64_t left = rng.below(4); left > 0; --left) change(bytes, others, rng);
}

void fit_checksum(std::string& bytes) {
  if (bytes.size() < kChecksumBytes) return;
  const size_t num_hashed = bytes.size() - kChecksumBytes;
  const uint64_t checksum = xxh3_64(std::as_bytes(std::span(bytes).first(num_hashed)));
  std::memcpy(bytes.data() + num_hashed, &checksum, kChecksumBytes);
}

}  // namespace rpp
