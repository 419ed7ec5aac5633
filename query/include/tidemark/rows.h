#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tidemark {

/// An instant in an answer: nanoseconds since 1970 (UTC).
struct TimeCell {
    std::int64_t ns;
    /// Local time minus UTC there, of the statement's tz(): how to show it. Not part of its value.
    std::int32_t offset_seconds = 0;
    bool operator==(const TimeCell& other) const { return ns == other.ns; }
};

/// One cell of an answer; monostate is null. Durations are doubles (or integers when asked for in
/// ns) in the unit the function was called with.
using Cell =
    std::variant<std::monostate, double, std::int64_t, std::uint64_t, bool, std::string, TimeCell>;

/// The cells of one row, which belong to the RowTable it comes from. Valid until rows are added to
/// that, taken out or moved.
template <typename CellType>
class BasicRow : public std::span<CellType> {
public:
    using std::span<CellType>::span;
    template <typename Other, typename = std::enable_if_t<std::is_same_v<const Other, CellType>>>
    // NOLINTNEXTLINE(google-explicit-constructor): whoever may write may read.
    BasicRow(const BasicRow<Other>& row) : std::span<CellType>(row) {}

    /// std::out_of_range where there is no such cell.
    CellType& at(std::size_t column) const {
        if (column >= this->size()) throw std::out_of_range("a row has no such column");
        return (*this)[column];
    }
};

using Row = BasicRow<Cell>;
using ConstRow = BasicRow<const Cell>;

/// Rows of cells, each as wide as the others: one block of memory, row after row. The first row
/// decides the width, which is at least 1. As thread-safe as a std::vector.
class RowTable {
public:
    template <typename CellType>
    class BasicIterator {
    public:
        // NOLINTBEGIN(readability-identifier-naming): the standard library's names.
        using iterator_concept = std::random_access_iterator_tag;
        using iterator_category = std::input_iterator_tag;  // A row is made when it is looked at.
        using value_type = BasicRow<CellType>;
        using reference = value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        // NOLINTEND(readability-identifier-naming)

        BasicIterator() = default;
        BasicIterator(CellType* cells, std::size_t width)
            : cells_(cells), width_(static_cast<std::ptrdiff_t>(width)) {}

        reference operator*() const { return {cells_, static_cast<std::size_t>(width_)}; }
        reference operator[](difference_type n) const { return *(*this + n); }
        BasicIterator& operator++() { return *this += 1; }
        BasicIterator& operator--() { return *this -= 1; }
        BasicIterator operator++(int) { return std::exchange(*this, *this + 1); }
        BasicIterator operator--(int) { return std::exchange(*this, *this - 1); }
        BasicIterator& operator+=(difference_type n) {
            cells_ += n * width_;
            return *this;
        }
        BasicIterator& operator-=(difference_type n) { return *this += -n; }
        friend BasicIterator operator+(BasicIterator at, difference_type n) { return at += n; }
        friend BasicIterator operator+(difference_type n, BasicIterator at) { return at += n; }
        friend BasicIterator operator-(BasicIterator at, difference_type n) { return at -= n; }
        friend difference_type operator-(const BasicIterator& left, const BasicIterator& right) {
            return left.width_ == 0 ? 0 : (left.cells_ - right.cells_) / left.width_;
        }
        bool operator==(const BasicIterator& other) const { return cells_ == other.cells_; }
        auto operator<=>(const BasicIterator& other) const { return cells_ <=> other.cells_; }

    private:
        CellType* cells_ = nullptr;
        std::ptrdiff_t width_ = 0;
    };
    // NOLINTBEGIN(readability-identifier-naming): the standard library's names.
    using iterator = BasicIterator<Cell>;
    using const_iterator = BasicIterator<const Cell>;
    // NOLINTEND(readability-identifier-naming)

    RowTable() = default;
    RowTable(std::initializer_list<std::initializer_list<Cell>> rows) {
        for (const auto& row : rows) push_back(std::vector<Cell>(row));
    }

    std::size_t size() const { return width_ == 0 ? 0 : cells_.size() / width_; }
    bool empty() const { return cells_.empty(); }
    /// The cells of a row; 0 as long as there was none.
    std::size_t width() const { return width_; }

    Row operator[](std::size_t row) { return {cells_.data() + row * width_, width_}; }
    ConstRow operator[](std::size_t row) const { return {cells_.data() + row * width_, width_}; }
    /// std::out_of_range where there is no such row.
    ConstRow at(std::size_t row) const {
        if (row >= size()) throw std::out_of_range("there is no such row");
        return (*this)[row];
    }
    Row front() { return (*this)[0]; }
    ConstRow front() const { return (*this)[0]; }
    Row back() { return (*this)[size() - 1]; }
    ConstRow back() const { return (*this)[size() - 1]; }

    iterator begin() { return {cells_.data(), width_}; }
    iterator end() { return {cells_.data() + cells_.size(), width_}; }
    const_iterator begin() const { return {cells_.data(), width_}; }
    const_iterator end() const { return {cells_.data() + cells_.size(), width_}; }

    /// Memory for so many more rows. Asking for a part's rows before each part is no slower than
    /// asking once for all.
    void reserve(std::size_t row_count, std::size_t width) {
        const std::size_t needed = cells_.size() + row_count * width;
        if (needed > cells_.capacity()) cells_.reserve(std::max(needed, 2 * cells_.capacity()));
    }
    void clear() { cells_.clear(); }
    void pop_back() { cells_.resize(cells_.size() - width_); }

    /// Another row of nulls, as wide as the others.
    Row append(std::size_t width) {
        widen_to(width);
        cells_.resize(cells_.size() + width);
        return back();
    }
    void push_back(std::vector<Cell> row) {
        widen_to(row.size());
        cells_.insert(cells_.end(), std::move_iterator(row.begin()), std::move_iterator(row.end()));
    }
    /// The rows of the other one behind these.
    void append(RowTable&& other) {
        if (other.empty()) return;
        widen_to(other.width_);
        if (cells_.empty()) {
            cells_ = std::move(other.cells_);
        } else {
            cells_.insert(cells_.end(), std::move_iterator(other.cells_.begin()),
                          std::move_iterator(other.cells_.end()));
        }
        other.cells_.clear();
    }

    /// Only `count` rows from `first` on remain, or as many of them as there are.
    void keep(std::size_t first, std::size_t count) {
        first = std::min(first, size());
        count = std::min(count, size() - first);
        const auto at = [this](std::size_t row) {
            return cells_.begin() + static_cast<std::ptrdiff_t>(row * width_);
        };
        cells_.erase(at(first + count), cells_.end());
        cells_.erase(cells_.begin(), at(first));
    }
    /// Takes out each row for which `is_unwanted(ConstRow)` holds. Returns how many those were.
    template <typename Predicate>
    std::size_t erase_if(Predicate is_unwanted) {
        const std::size_t count = size();
        std::size_t kept = 0;
        for (std::size_t row = 0; row < count; ++row) {
            if (is_unwanted(std::as_const(*this)[row])) continue;
            if (kept != row) std::ranges::move((*this)[row], (*this)[kept].begin());
            ++kept;
        }
        keep(0, kept);
        return count - kept;
    }
    /// Sorts the rows by `is_before(ConstRow, ConstRow)`; equal ones stay in order.
    template <typename Before>
    void stable_sort(Before is_before) {
        const RowTable& rows = *this;
        if (std::is_sorted(rows.begin(), rows.end(), is_before)) return;
        std::vector<std::size_t> order(size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
            return is_before(rows[left], rows[right]);
        });
        select(order);
    }
    /// Only these rows remain, in this order; each may stand there once.
    void select(std::span<const std::size_t> order) {
        std::vector<Cell> selected;
        selected.reserve(order.size() * width_);
        for (const std::size_t row : order) {
            std::ranges::move((*this)[row], std::back_inserter(selected));
        }
        cells_ = std::move(selected);
    }

    bool operator==(const RowTable& other) const {
        return cells_ == other.cells_ && (empty() || width_ == other.width_);
    }

private:
    void widen_to(std::size_t width) {
        if (cells_.empty()) width_ = width;
        assert(width > 0 && width == width_);
    }

    std::size_t width_ = 0;
    std::vector<Cell> cells_;
};

}  // namespace tidemark
