#pragma once

#include <functional>
#include <optional>
#include <utility>

namespace tidemark::bench {

/// A thing that takes time to make, made when it is first asked for: most runs are filtered to a
/// few benchmarks. Not thread-safe.
template <typename T>
class Lazy {
public:
    explicit Lazy(std::function<T()> make) : make_(std::move(make)) {}

    T& get() {
        if (!made_) made_.emplace(make_());
        return *made_;
    }

private:
    std::function<T()> make_;
    std::optional<T> made_;
};

}  // namespace tidemark::bench
