#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/query.h>

namespace tidemark::query {

/// Adds a warning unless it is there already.
inline void warn(std::vector<ResultMessage>& messages, std::string text) {
    const bool is_known =
        std::any_of(messages.begin(), messages.end(),
                    [&](const ResultMessage& message) { return message.text == text; });
    if (!is_known) messages.push_back({"warning", std::move(text)});
}

}  // namespace tidemark::query
