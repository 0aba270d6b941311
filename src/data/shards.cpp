#include "data/shards.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <span>

#include "core/atomic_file.h"
#include "core/json.h"
#include "core/mmap_file.h"
#include "core/xxh3.h"
#include "rpp/error.h"
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
  int64_t lone_sentences = 0;  // documents of one sentence

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
    fail("{} is damaged or not a manifest of shards: {}", file, kRebuild);
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

// A fault in a manifest; the caller adds the file's name.
struct BadManifest : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A member that is a count.
uint64_t count_in(const json& object, const char* key) {
  const json& value = object.at(key);
  if (!value.is_number_unsigned())
    throw BadManifest(fmt::format("{} is {}, it must be a whole number", key, value.dump()));
  return value.get<uint64_t>();
}

// The vocabulary size; ids are 32 bits wide and signed.
int64_t read_vocab_size(const json& manifest) {
  const uint64_t size = count_in(manifest, "vocab_size");
  if (size == 0 || size > std::numeric_limits<int32_t>::max())
    throw BadManifest(fmt::format("vocab_size is {}", size));
  return static_cast<int64_t>(size);
}

// A name that leaves the directory would read another file.
path shard_file(const path& dir, const json& entry) {
  const auto name = entry.at("file").get<std::string>();
  if (name.empty() || path(name).filename() != name || name == "." || name == "..") {
    throw BadManifest(fmt::format("the shard '{}' is not a name in this folder", name));
  }
  return dir / name;
}

void check_bytes(const path& file, const MmapFile& mapped, const json& entry) {
  const uint64_t expected_bytes = count_in(entry, "bytes");
  if (mapped.size() != expected_bytes) {
    fail("{} is truncated or damaged: {} bytes, its manifest says {}; {}", file, mapped.size(),
         expected_bytes, kRebuild);
  }
  if (fmt::format("{:016x}", xxh3_64(mapped.bytes())) != entry.at("xxh3").get<std::string>()) {
    fail("{} is damaged: its hash is not the one in its manifest; {}", file, kRebuild);
  }
}

[[noreturn]] void fail_damaged(const path& file, std::string_view what) {
  fail("{} is not a shard, or is damaged: {}; {}", file, what, kRebuild);
}

// The hash shows that the bytes match the manifest, not that they are valid.
ShardHeader read_header(const path& file, const MmapFile& mapped, const json& entry, int64_t vocab_size) {
  ShardHeader header;
  if (mapped.size() < sizeof(header)) fail_damaged(file, "it is too short for a header");
  std::memcpy(&header, mapped.bytes().data(), sizeof(header));
  if (header.magic != kShardMagic) fail_damaged(file, "its first bytes are not those of a shard");
  if (header.version != kShardVersion) {
    fail("{} has format version {}, this program reads {}: {}", file, header.version, kShardVersion,
         kRebuild);
  }
  if (header.bytes_per_id != bytes_per_id(vocab_size)) {
    fail_damaged(file, fmt::format("{} bytes an id for a vocabulary of {}", header.bytes_per_id, vocab_size));
  }
  // Counts are limited by the file's size, so no sum below overflows.
  const uint64_t most = mapped.size();
  const bool fits = header.documents < most && header.sentences < most && header.tokens < most;
  if (!fits || header.file_bytes() != most) fail_damaged(file, "its counts do not fit its size");
  if (header.documents != count_in(entry, "documents") || header.sentences != count_in(entry, "sentences") ||
      header.tokens != count_in(entry, "tokens")) {
    fail_damaged(file, "its counts are not those in manifest.json");
  }
  return header;
}

// Offsets start at 0, end at `count` and ascend: no document and no sentence is empty.
void check_offsets(const path& file, std::span<const uint64_t> offsets, uint64_t count, const char* of) {
  const bool ascend = std::ranges::adjacent_find(offsets, std::greater_equal<>()) == offsets.end();
  if (offsets.front() == 0 && offsets.back() == count && ascend) return;
  fail_damaged(file, fmt::format("the offsets of its {} are out of order", of));
}

template <typename Id>
void check_ids(const path& file, const std::byte* ids, uint64_t count, int64_t vocab_size) {
  const std::span all(reinterpret_cast<const Id*>(ids), count);
  Id largest = 0;
  for (const Id id : all) largest = std::max(largest, id);
  if (largest < vocab_size) return;
  fail_damaged(file, fmt::format("id {} in a vocabulary of {}", largest, vocab_size));
}

}  // namespace

ShardSet::ShardSet(const std::vector<path>& dirs, std::string_view expected_fingerprint) {
  if (dirs.empty()) fail("no shard directory given: set data.train to what rpp-data build made");
  const auto open_shard = [&](const path& dir, const json& entry) {
    const path file = shard_file(dir, entry);
    if (!std::filesystem::exists(file))
      fail("{} is missing: {} names it; {}", file, dir / kManifestName, kRebuild);
    Shard shard{MmapFile(file), {}, {}, {}, nullptr};
    check_bytes(file, shard.file, entry);
    shard.header = read_header(file, shard.file, entry, vocab_size_);
    const auto* offsets = reinterpret_cast<const uint64_t*>(shard.file.bytes().data() + sizeof(ShardHeader));
    shard.document_offsets = {offsets, shard.header.documents + 1};
    shard.sentence_offsets = {offsets + shard.header.documents + 1, shard.header.sentences + 1};
    shard.ids =
        reinterpret_cast<const std::byte*>(shard.sentence_offsets.data() + shard.sentence_offsets.size());
    check_offsets(file, shard.document_offsets, shard.header.sentences, "documents");
    check_offsets(file, shard.sentence_offsets, shard.header.tokens, "sentences");
    const auto check = shard.header.bytes_per_id == 2 ? check_ids<uint16_t> : check_ids<uint32_t>;
    check(file, shard.ids, shard.header.tokens, vocab_size_);
    for (size_t i = 1; i < shard.document_offsets.size(); ++i) {
      shard.lone_sentences += shard.document_offsets[i] - shard.document_offsets[i - 1] == 1;
    }
    return shard;
  };

  first_document_ = first_sentence_ = {0};
  for (const path& dir : dirs) {
    const json manifest = read_manifest(dir);
    try {
      const auto fingerprint = manifest.at("tokenizer").get<std::string>();
      check_fingerprint(dir, fingerprint, expected_fingerprint.empty() ? fingerprint_ : expected_fingerprint);
      fingerprint_ = fingerprint;
      vocab_size_ = read_vocab_size(manifest);
      if (!manifest.at("shards").is_array()) throw BadManifest("shards is not a list");
      uint64_t documents = 0, sentences = 0, tokens = 0;
      for (const json& entry : manifest.at("shards")) {
        const ShardHeader& header = shards_.emplace_back(open_shard(dir, entry)).header;
        documents += header.documents, sentences += header.sentences, tokens += header.tokens;
      }
      if (documents != count_in(manifest, "documents") || sentences != count_in(manifest, "sentences") ||
          tokens != count_in(manifest, "tokens")) {
        throw BadManifest("its counts of documents, sentences or tokens differ from its shards");
      }
    } catch (const json::exception&) {
      fail("{} is damaged: {}", dir / kManifestName, kRebuild);
    } catch (const BadManifest& error) {
      fail("{} is damaged: {}; {}", dir / kManifestName, error.what(), kRebuild);
    }
  }
  for (const Shard& shard : shards_) {
    first_document_.push_back(first_document_.back() + static_cast<int64_t>(shard.header.documents));
    first_sentence_.push_back(first_sentence_.back() + static_cast<int64_t>(shard.header.sentences));
    num_tokens_ += static_cast<int64_t>(shard.header.tokens);
    lone_sentences_ += shard.lone_sentences;
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
int64_t ShardSet::num_lone_sentences() const {
  return lone_sentences_;
}
int64_t ShardSet::vocab_size() const {
  return vocab_size_;
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
