#pragma once

#include <memory>
#include <utility>

namespace tidemark::query {

/// A value kept on the heap, so that a type can contain itself. Behaves like the value: copies
/// deeply, compares deeply, is never null (except moved-from, which may only be assigned to or
/// destroyed).
template <typename T>
class Box {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): stands for the value.
    Box(T value) : value_(std::make_unique<T>(std::move(value))) {}
    Box(const Box& other) : value_(std::make_unique<T>(*other.value_)) {}
    Box(Box&&) noexcept = default;
    Box& operator=(const Box& other) { return *this = Box(other); }
    Box& operator=(Box&&) noexcept = default;
    ~Box() = default;

    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }

    bool operator==(const Box& other) const { return *value_ == *other.value_; }

private:
    std::unique_ptr<T> value_;
};

/// Visits a variant with one lambda per alternative; a missing one does not compile.
template <typename... Functions>
struct Match : Functions... {
    using Functions::operator()...;
};
template <typename... Functions>
Match(Functions...) -> Match<Functions...>;

}  // namespace tidemark::query
