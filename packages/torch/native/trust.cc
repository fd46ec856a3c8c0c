#include "trust.h"

#include <ATen/ATen.h>

#include "exports.h"

namespace paramwise {

namespace {

thread_local bool unchecked_allowed = false;

// Internal by name, but complete in their checks and of use.
constexpr const char* kTrusted[] = {"_indices", "_values",          "_nnz",    "_softmax", "_log_softmax", "_unique",
                                    "_unique2", "_shape_as_tensor", "_to_copy"};
constexpr const char* kTrustedPrefixes[] = {"_foreach_", "_cast_"};

// Public by name, but found to read or write outside their arguments when called at random.
constexpr const char* kUnchecked[] = {
    "align_to",
    "batch_norm_gather_stats",
    "batch_norm_gather_stats_with_counts",
    "batch_norm_update_stats",
    "choose_qparams_optimized",
    "linalg_ldl_solve",
    "mkldnn_convolution",
    "native_channel_shuffle",
    "quantized_gru_cell",
    "quantized_lstm_cell",
    "quantized_rnn_relu_cell",
    "quantized_rnn_tanh_cell",
    "thnn_conv2d",
    "slow_conv3d",
    "slow_conv3d_forward",
};

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

bool is_trusted(const std::string& base) {
  for (const char* prefix : kTrustedPrefixes)
    if (starts_with(base, prefix)) return true;
  for (const char* name : kTrusted)
    if (base == name) return true;
  if (base.empty() || base[0] == '_' || base.find("_backward") != std::string::npos) return false;
  for (const char* name : kUnchecked)
    if (base == name) return false;
  return true;
}

// Labels outside the classes make ctc_loss read beyond its input.
void check_ctc_labels(const torch::jit::Stack& arguments) {
  const at::Tensor& scores = arguments.at(0).toTensor();
  const at::Tensor& targets = arguments.at(1).toTensor();
  if (targets.numel() == 0 || scores.dim() == 0) return;
  const int64_t classes = scores.size(-1);
  const int64_t lowest = targets.min().item<int64_t>();
  const int64_t highest = targets.max().item<int64_t>();
  TORCH_CHECK_INDEX(lowest >= 0 && highest < classes, "targets must be classes from 0 to ", classes - 1, ", found ",
                    lowest < 0 ? lowest : highest);
}

void check_some_tensors(const torch::jit::Stack& arguments) {
  TORCH_CHECK_VALUE(arguments.at(0).isList() && !arguments.at(0).toListRef().empty(), "expected at least one tensor");
}

struct Checked {
  const char* name;
  Precondition precondition;
};

constexpr Checked kPreconditions[] = {
    {"ctc_loss", check_ctc_labels},
    {"align_tensors", check_some_tensors},
};

std::string base_name(const std::string& name) {
  const auto start = name.find("::");
  const std::string rest = start == std::string::npos ? name : name.substr(start + 2);
  return rest.substr(0, rest.find('.'));
}

}  // namespace

void refuse_unchecked(const std::string& name) {
  TORCH_CHECK(unchecked_allowed || is_trusted(base_name(name)), "operator '", name,
              "' trusts its arguments: wrong ones would end the process. Use the public operator that calls it, or "
              "allowUncheckedOperators() at your own risk");
}

Precondition precondition_of(const std::string& name) {
  const std::string base = base_name(name);
  for (const Checked& checked : kPreconditions)
    if (base == checked.name) return checked.precondition;
  return nullptr;
}

double op_allow_unchecked(Reader& in, Writer&) {
  unchecked_allowed = in.number() != 0;
  return 0;
}

}  // namespace paramwise
