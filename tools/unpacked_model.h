// For commands that read model directories: unpacks a model file into a temporary one.
#pragma once

#include <unistd.h>

#include <filesystem>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "core/unfinished.h"
#include "rpp/error.h"

namespace rpp {

class UnpackedModel {
 public:
  // RAII: a model file is unpacked, and removed at the end, also when a signal ends the program; any other
  // path is used unchanged.
  explicit UnpackedModel(const std::filesystem::path& model) : directory_(model) {
    if (!is_model_file(model)) return;
    static int count = 0;
    temporary_ = std::filesystem::temp_directory_path() / fmt::format("rpp-{}-{}", ::getpid(), count++);
    note_unfinished(temporary_);
    directory_ = temporary_ / model.filename();
    try {
      unpack_model(model, directory_);
    } catch (...) {
      remove();
      throw;
    }
  }
  ~UnpackedModel() {
    if (!temporary_.empty()) remove();
  }
  UnpackedModel(const UnpackedModel&) = delete;
  UnpackedModel& operator=(const UnpackedModel&) = delete;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(temporary_, ignored);
    forget_unfinished(temporary_);
  }

  std::filesystem::path directory_, temporary_;
};

}  // namespace rpp
