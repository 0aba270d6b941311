#include "zip_file.h"

#include <zip.h>

#include <memory>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr zip_uint16_t kFirstDay = (1 << 5) | 1;  // 1980-01-01, the earliest date of the format

using Source = std::unique_ptr<zip_source_t, decltype(&zip_source_free)>;
using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

void add_entry(zip_t* archive, const std::string& name, const std::string& contents) {
  zip_source_t* source = zip_source_buffer(archive, contents.data(), contents.size(), /*freep=*/0);
  const zip_int64_t index = source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, 0);
  if (index < 0) {
    zip_source_free(source);
    fail("cannot add {} to the zip: {}", name, zip_strerror(archive));
  }
  zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, kFirstDay, 0);
}

std::string bytes_of(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) {
    fail("cannot read the finished zip: {}", zip_error_strerror(zip_source_error(source)));
  }
  std::string bytes(stat.size, '\0');
  const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (count != static_cast<zip_int64_t>(bytes.size())) fail("the finished zip is truncated");
  return bytes;
}

}  // namespace

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  const Source buffer(zip_source_buffer_create(nullptr, 0, 0, nullptr), &zip_source_free);
  zip_error_t error;
  zip_error_init(&error);
  Archive archive(zip_open_from_source(buffer.get(), ZIP_TRUNCATE, &error), &zip_discard);
  if (archive == nullptr) fail("cannot make a zip: {}", zip_error_strerror(&error));
  zip_source_keep(buffer.get());  // the archive releases its own reference

  for (const auto& [name, contents] : entries) add_entry(archive.get(), name, contents);
  if (zip_close(archive.get()) != 0) fail("cannot finish the zip: {}", zip_strerror(archive.get()));
  archive.release();  // closed
  return bytes_of(buffer.get());
}

}  // namespace rpp
