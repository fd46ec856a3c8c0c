// What JavaScript asks of a single tensor: its description, its value, its release.

#include <ATen/ATen.h>

#include "convert.h"
#include "exports.h"
#include "names.h"
#include "tensor.h"

namespace paramwise {

double tensor_release(Reader& in, Writer&) {
  double alive = 0;
  for (size_t left = in.count(); left > 0; left--) alive += tensors().release(in.number()) ? 1 : 0;
  return alive;
}

double tensor_alive(Reader& in, Writer&) { return tensors().find(in.number()) ? 1 : 0; }

double tensor_info(Reader& in, Writer& out) {
  const at::Tensor& tensor = tensors().get(in.number());
  out.number(wire().strings.intern(dtype_name(tensor.scalar_type())));
  out.number(wire().strings.intern(tensor.device().str()));
  out.number(tensor.requires_grad() ? 1 : 0);
  out.number(tensor.is_leaf() ? 1 : 0);
  out.number(tensor.layout() == c10::kStrided && tensor.is_contiguous() ? 1 : 0);
  out.number(static_cast<double>(tensor.dim()));
  for (const int64_t size : tensor.sizes()) out.number(static_cast<double>(size));
  return -1;
}

double tensor_item(Reader& in, Writer& out) {
  const c10::Scalar value = tensors().get(in.number()).item();
  TORCH_CHECK(!value.isComplex(), "item() of a complex tensor: take real() or imag() first");
  write_ivalue(value, out);
  return -1;
}

double tensor_live_count(Reader&, Writer&) { return static_cast<double>(tensors().live()); }

double tensor_live_bytes(Reader&, Writer&) { return static_cast<double>(tensors().bytes()); }

}  // namespace paramwise
