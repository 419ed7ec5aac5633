#pragma once

#include "tools/render/renderer.h"

namespace tidemark::tools {

/// How answers are best shown on `descriptor`: in colour and with readable durations on a terminal
/// (no colour when NO_COLOR is set or TERM is dumb), plainly elsewhere; in UTF-8 where the locale
/// says so. setlocale() must have been called.
RenderStyle style_of(int descriptor);

}  // namespace tidemark::tools
