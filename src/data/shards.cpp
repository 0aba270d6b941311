#include "rpp/data/shards.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/json.h"
#include "rpp/core/mmap_file.h"
#include "rpp/core/xxh3.h"
#include "shard_format.h"

namespace rpp {

using nlohmann::json;
using std::filesystem::path;

struct ShardSet::Shard {
  MmapFile file;
  ShardHeader header;
  std::span<const uint64_t> document_offsets;  // [documents + 1], in sentences
  std::span<const uint64_t> sentence_offsets;  // [sentences + 1], in tokens
  const std::byte* ids = nullptr;

  SentenceIds sentence(uint64_t number) const {
    const uint64_t begin = sentence_offsets[number];
    const auto size = static_cast<int64_t>(sentence_offsets[number + 1] - begin);
    return {ids + begin * header.bytes_per_id, size, header.bytes_per_id == 4};
  }
};

namespace {

constexpr const char* kRebuild = "build it again with rpp-data build";

json read_manifest(const path& dir) {
  const path file = dir / kManifestName;
  if (!std::filesystem::exists(file)) {
    fail("{} holds no shards (no {}): make them with rpp-data build", dir, kManifestName);
  }
  const json manifest = parse_json_object(read_file(file), file.string(), kRebuild);
  const bool ours = manifest.value("format", json()) == kShardFormat;
  if (!ours || !manifest.contains("shards"))
    fail("{} is damaged or no manifest of shards: {}", file, kRebuild);
  if (manifest.value("version", json()) != kShardVersion) {
    fail("{} has format version {}, this program reads {}: {}", file,
         manifest.value("version", json()).dump(), kShardVersion, kRebuild);
  }
  return manifest;
}

void check_fingerprint(const path& dir, const std::string& found, std::string_view expected) {
  if (expected.empty() || found == expected) return;
  fail(
      "the shards in {} were built with another vocabulary (tokenizer {:.12}, the model's is {:.12}): build "
      "them "
      "again with the model's tokenizer",
      dir, found, expected);
}

void check_bytes(const path& file, const MmapFile& mapped, const json& entry) {
  const auto expected_bytes = entry.at("bytes").get<uint64_t>();
  if (mapped.size() != expected_bytes) {
    fail("{} is truncated or damaged: {} bytes, its manifest says {}; {}", file, mapped.size(),
         expected_bytes, kRebuild);
  }
  if (fmt::format("{:016x}", xxh3_64(mapped.bytes())) != entry.at("xxh3").get<std::string>()) {
    fail("{} is damaged: its hash is not the one in its manifest; {}", file, kRebuild);
  }
}

ShardHeader read_header(const path& file, const MmapFile& mapped) {
  ShardHeader header;
  if (mapped.size() < sizeof(header)) fail("{} is truncated: {}", file, kRebuild);
  std::memcpy(&header, mapped.bytes().data(), sizeof(header));
  if (header.magic != kShardMagic || header.file_bytes() != mapped.size()) {
    fail("{} is no shard, or damaged: {}", file, kRebuild);
  }
  return header;
}

}  // namespace

ShardSet::ShardSet(const std::vector<path>& dirs, std::string_view expected_fingerprint) {
  if (dirs.empty()) fail("no shard directory given: set data.train to what rpp-data build made");
  const auto open_shard = [](const path& dir, const json& entry) {
    const path file = dir / entry.at("file").get<std::string>();
    if (!std::filesystem::exists(file))
      fail("{} is missing: {} names it; {}", file, dir / kManifestName, kRebuild);
    Shard shard{MmapFile(file), {}, {}, {}, nullptr};
    check_bytes(file, shard.file, entry);
    shard.header = read_header(file, shard.file);
    const auto* offsets = reinterpret_cast<const uint64_t*>(shard.file.bytes().data() + sizeof(ShardHeader));
    shard.document_offsets = {offsets, shard.header.documents + 1};
    shard.sentence_offsets = {offsets + shard.header.documents + 1, shard.header.sentences + 1};
    shard.ids =
        reinterpret_cast<const std::byte*>(shard.sentence_offsets.data() + shard.sentence_offsets.size());
    return shard;
  };

  first_document_ = first_sentence_ = {0};
  for (const path& dir : dirs) {
    const json manifest = read_manifest(dir);
    try {
      const auto fingerprint = manifest.at("tokenizer").get<std::string>();
      check_fingerprint(dir, fingerprint, expected_fingerprint.empty() ? fingerprint_ : expected_fingerprint);
      fingerprint_ = fingerprint;
      for (const json& entry : manifest.at("shards")) shards_.push_back(open_shard(dir, entry));
    } catch (const json::exception&) {
      fail("{} is damaged: {}", dir / kManifestName, kRebuild);
    }
  }
  for (const Shard& shard : shards_) {
    first_document_.push_back(first_document_.back() + static_cast<int64_t>(shard.header.documents));
    first_sentence_.push_back(first_sentence_.back() + static_cast<int64_t>(shard.header.sentences));
    num_tokens_ += static_cast<int64_t>(shard.header.tokens);
  }
}

ShardSet::~ShardSet() = default;
ShardSet::ShardSet(ShardSet&&) noexcept = default;
ShardSet& ShardSet::operator=(ShardSet&&) noexcept = default;

int64_t ShardSet::num_documents() const {
  return first_document_.back();
}
int64_t ShardSet::num_sentences() const {
  return first_sentence_.back();
}
int64_t ShardSet::num_tokens() const {
  return num_tokens_;
}
const std::string& ShardSet::tokenizer_fingerprint() const {
  return fingerprint_;
}

namespace {

// The last i with offsets[i] <= value.
template <typename Offsets, typename Value>
size_t find_range(const Offsets& offsets, Value value) {
  return static_cast<size_t>(std::upper_bound(offsets.begin(), offsets.end(), value) - offsets.begin()) - 1;
}

}  // namespace

int64_t ShardSet::num_sentences(int64_t document) const {
  const size_t shard = find_range(first_document_, document);
  const auto& offsets = shards_[shard].document_offsets;
  const auto local = static_cast<size_t>(document - first_document_[shard]);
  return static_cast<int64_t>(offsets[local + 1] - offsets[local]);
}

SentenceIds ShardSet::sentence(int64_t document, int64_t index) const {
  const size_t shard = find_range(first_document_, document);
  const auto local = static_cast<size_t>(document - first_document_[shard]);
  return shards_[shard].sentence(shards_[shard].document_offsets[local] + static_cast<uint64_t>(index));
}

std::pair<int64_t, int64_t> ShardSet::locate(int64_t sentence_number) const {
  const size_t shard = find_range(first_sentence_, sentence_number);
  const auto local = static_cast<uint64_t>(sentence_number - first_sentence_[shard]);
  const auto& offsets = shards_[shard].document_offsets;
  const size_t document = find_range(offsets, local);
  return {first_document_[shard] + static_cast<int64_t>(document),
          static_cast<int64_t>(local - offsets[document])};
}

}  // namespace rpp
