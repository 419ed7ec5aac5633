#pragma once

#include <string>

namespace tidemark::tools {

/// A length of time for people: "1h 35m", "12.5s", "350ms". Whole seconds from a minute on, four
/// digits below.
std::string duration_text(double seconds);

}  // namespace tidemark::tools
