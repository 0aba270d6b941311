#include "bert_format/model_file.h"

#include <algorithm>

#include "bert_format/weight_files.h"
#include "core/json.h"
#include "io/json_sizes.h"
#include "pack_directory.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kFormat = "rpp-model-1";
constexpr const char* kFormatKey = "rpp_format";
constexpr const char* kTensorsKey = "rpp_tensors";
constexpr std::string_view kFilePrefix = "file:";

std::string index_name(const std::string& tensor, Packing packing) {
  return fmt::format("{}:{}", tensor, packing == Packing::bitmask ? "mask" : packing_name(packing));
}

std::string scales_name(const std::string& tensor) {
  return tensor + ":scales";
}

int64_t count_of(auto values) {
  return static_cast<int64_t>(values.size());
}

void append_views(const ModelTensor& tensor, std::vector<TensorView>& views) {
  const PackedView& data = tensor.data;
  const bool dense = data.packing == Packing::dense;
  views.push_back({.name = tensor.name,
                   .dtype = data.dtype,
                   .shape = dense ? tensor.shape : std::vector{data.num_values()},
                   .data = data.values});
  if (!dense) {
    views.push_back({.name = index_name(tensor.name, data.packing),
                     .dtype = Dtype::u8,
                     .shape = {count_of(data.index)},
                     .data = std::as_bytes(data.index)});
  }
  if (!data.scales.empty()) {
    views.push_back({.name = scales_name(tensor.name),
                     .dtype = Dtype::f32,
                     .shape = {count_of(data.scales)},
                     .data = std::as_bytes(data.scales)});
  }
}

TensorView file_view(std::string_view name, std::string_view text) {
  return {.name = fmt::format("{}{}", kFilePrefix, name),
          .dtype = Dtype::u8,
          .shape = {count_of(text)},
          .data = std::as_bytes(std::span(text))};
}

std::string tensor_list(const std::vector<ModelTensor>& tensors) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& tensor : tensors) {
    list.push_back(
        {{"name", tensor.name}, {"shape", tensor.shape}, {"packing", packing_name(tensor.data.packing)}});
  }
  return list.dump();
}

// Reads the list of tensors and locates their bytes, with the file's name in every error message.
class ContentsReader {
 public:
  explicit ContentsReader(const SafetensorsFile& file) : file_(file) {}

  ModelContents read() const {
    ModelContents contents{.metadata = file_.metadata()};
    for (const auto& entry : parse_list()) contents.tensors.push_back(read_tensor(entry));
    for (const auto& tensor : file_.tensors()) {
      if (tensor.name.starts_with(kFilePrefix)) add_file(tensor, contents);
    }
    contents.metadata.erase(kFormatKey);
    contents.metadata.erase(kTensorsKey);
    return contents;
  }

 private:
  Json parse_list() const {
    const auto found = file_.metadata().find(kTensorsKey);
    RPP_CHECK(found != file_.metadata().end(), "{}: the metadata has no {}", file_.path(), kTensorsKey);
    const auto list = parse_json<Json>(found->second, fmt::format("{}: {}", file_.path(), kTensorsKey));
    RPP_CHECK(list.is_array(), "{}: {} is not a list of tensors", file_.path(), kTensorsKey);
    return list;
  }

  ModelTensor read_tensor(const Json& entry) const {
    ModelTensor tensor;
    std::string packing;
    std::optional<std::vector<int64_t>> shape;
    try {
      tensor.name = entry.at("name").get<std::string>();
      shape = sizes_of(entry.at("shape"));
      packing = entry.at("packing").get<std::string>();
    } catch (const Json::exception&) {
      fail("{}: an entry of {} lacks name, shape or packing", file_.path(), kTensorsKey);
    }
    const std::string where = fmt::format("{}: tensor {}", file_.path(), tensor.name);
    RPP_CHECK(shape, "{}: its shape is not a list of sizes", where);
    tensor.shape = *shape;
    RPP_CHECK(tensor.shape.size() == 1 || tensor.shape.size() == 2,
              "{} has {} dimensions, one or two are known", where, tensor.shape.size());
    tensor.data = read_packed(tensor, parse_packing(packing, where), where);
    check_packed(tensor.data, where);
    return tensor;
  }

  Packing parse_packing(const std::string& name, const std::string& where) const {
    for (const Packing packing : {Packing::dense, Packing::bitmask, Packing::gaps, Packing::blocks}) {
      if (packing_name(packing) == name) return packing;
    }
    fail("{} has the unknown packing '{}'", where, name);
  }

  PackedView read_packed(const ModelTensor& tensor, Packing packing, const std::string& where) const {
    const TensorView& values = file_.at(tensor.name);
    PackedView packed{.rows = tensor.shape.size() == 1 ? 1 : tensor.shape[0],
                      .cols = tensor.shape.back(),
                      .packing = packing,
                      .dtype = values.dtype,
                      .values = values.data};
    RPP_CHECK(values.dtype == Dtype::f32 || values.dtype == Dtype::bf16 || values.dtype == Dtype::f16 ||
                  values.dtype == Dtype::i8,
              "{} is {}, values are F32, BF16, F16 or I8", where, dtype_name(values.dtype));
    const bool is_vector = tensor.shape.size() == 1;
    RPP_CHECK(!is_vector || (packing == Packing::dense && values.dtype == Dtype::f32),
              "{} is {} of {}: vectors are dense F32", where, packing_name(packing),
              dtype_name(values.dtype));
    if (packing != Packing::dense) packed.index = file_.at(index_name(tensor.name, packing)).as<uint8_t>();
    if (values.dtype == Dtype::i8) packed.scales = file_.at(scales_name(tensor.name)).as<float>();
    return packed;
  }

  void add_file(const TensorView& tensor, ModelContents& contents) const {
    const auto text = tensor.as<char>();
    contents.files[tensor.name.substr(kFilePrefix.size())] = {text.data(), text.size()};
  }

  const SafetensorsFile& file_;
};

void check_format(const SafetensorsFile& file) {
  const auto format = file.metadata().find(kFormatKey);
  RPP_CHECK(format != file.metadata().end(),
            "{} is not a model file: rpp-export makes one from a model directory", file.path());
  RPP_CHECK(format->second == kFormat, "{} is of the format '{}', this program reads {}: use a newer one",
            file.path(), format->second, kFormat);
}

}  // namespace

bool is_model_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  if (path.extension() == ".rpp") return true;  // opening it reports what is wrong
  try {
    return SafetensorsFile(path).metadata().contains(kFormatKey);
  } catch (const Error&) {
    return false;
  }
}

void write_model_file(const std::filesystem::path& path, const ModelContents& contents) {
  std::vector<TensorView> views;
  for (const auto& tensor : contents.tensors) append_views(tensor, views);
  for (const auto& [name, text] : contents.files) views.push_back(file_view(name, text));
  // From the widest type to the narrowest, so that all are aligned and none is copied when the file is read.
  std::stable_sort(views.begin(), views.end(),
                   [](const auto& a, const auto& b) { return dtype_size(a.dtype) > dtype_size(b.dtype); });
  auto metadata = contents.metadata;
  metadata[kFormatKey] = kFormat;
  metadata[kTensorsKey] = tensor_list(contents.tensors);
  save_checked_safetensors(path, views, metadata);
}

ModelFile::ModelFile(const std::filesystem::path& path, FileAccess access) : path_(path) {
  if (std::filesystem::is_directory(path)) {
    const auto packed = std::make_shared<PackedDirectory>(pack_directory(path, open_weights(path)));
    contents_ = std::move(packed->contents);
    bytes_ = packed;
  } else {
    read(std::make_shared<const SafetensorsFile>(path, access));
  }
  index_tensors();
}

ModelFile::ModelFile(std::span<const std::byte> bytes) : path_(kInMemory) {
  read(std::make_shared<const SafetensorsFile>(kInMemory, bytes));
  index_tensors();
}

void ModelFile::read(std::shared_ptr<const SafetensorsFile> file) {
  check_format(*file);
  file->verify_checksum();
  contents_ = ContentsReader(*file).read();
  bytes_ = std::move(file);
}

void ModelFile::index_tensors() {
  for (size_t place = 0; place < contents_.tensors.size(); ++place) {
    const auto& name = contents_.tensors[place].name;
    RPP_CHECK(places_.emplace(name, place).second, "{}: {} lists tensor {} twice", path_, kTensorsKey, name);
  }
}

const ModelTensor* ModelFile::find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &contents_.tensors[found->second];
}

std::string_view ModelFile::file(std::string_view name) const {
  const auto found = contents_.files.find(name);
  RPP_CHECK(found != contents_.files.end(), "{} holds no {}", path(), name);
  return found->second;
}

}  // namespace rpp
