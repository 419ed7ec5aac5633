#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace tidemark::query {

/// Merges of neighbouring parts for windows that slide over them. Where each window begins and ends
/// at or after the one before, a part is merged a few times, however many windows it lies in: the
/// merges of what is left of the middle are kept for every begin (the stack of a queue made of
/// two), right of it one merge grows. A begin that goes back costs as many merges as the window has
/// parts.
///
/// `merge(target, source)` adds a Sum to another one; Sum() is the merge of nothing. The parts are
/// borrowed and must not change meanwhile. Parts are merged in their order.
template <typename Sum, typename Merge>
class SlidingMerge {
public:
    SlidingMerge(std::span<const Sum> parts, Merge merge)
        : parts_(parts), merge_(std::move(merge)) {}

    /// The merge of parts [begin, end).
    Sum merged(std::size_t begin, std::size_t end) {
        Sum whole{};
        if (begin >= end) return whole;
        if (begin < left_begin_ || begin >= middle_ || end < right_end_) start(begin, end);
        for (; right_end_ < end; ++right_end_) merge_(right_, parts_[right_end_]);
        merge_(whole, left_[begin - left_begin_]);
        merge_(whole, right_);
        return whole;
    }

private:
    void start(std::size_t begin, std::size_t end) {
        left_.clear();
        left_.resize(end - begin);
        for (std::size_t i = end; i > begin; --i) {
            Sum& sum = left_[i - 1 - begin];
            merge_(sum, parts_[i - 1]);
            if (i < end) merge_(sum, left_[i - begin]);
        }
        left_begin_ = begin;
        middle_ = end;
        right_end_ = end;
        right_ = Sum{};
    }

    std::span<const Sum> parts_;
    Merge merge_;
    std::vector<Sum> left_;       // [i]: the merge of parts [left_begin_ + i, middle_).
    std::size_t left_begin_ = 0;  // left_begin_ <= middle_ <= right_end_
    std::size_t middle_ = 0;
    std::size_t right_end_ = 0;
    Sum right_{};  // Of parts [middle_, right_end_).
};

}  // namespace tidemark::query
