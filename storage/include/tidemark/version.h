#pragma once

namespace tidemark {

/// The library's version, "major.minor.patch".
inline constexpr const char* kVersion = "0.1.0";

}  // namespace tidemark
