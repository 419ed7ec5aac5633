#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tidemark::storage {

/// Finds the numbers of things by their hash; the things themselves live with the caller. Open
/// addressing: a lookup mostly touches one slot. Not thread-safe.
class HashSlots {
public:
    HashSlots() : slots_(8) {}

    /// The number of the thing with that hash for which `is_it(number)` is true.
    template <typename IsIt>
    std::optional<std::uint32_t> find(std::uint64_t hash, const IsIt& is_it) const {
        for (std::size_t index = hash & mask();; index = (index + 1) & mask()) {
            const Slot& slot = slots_[index];
            if (slot.round != round_) return std::nullopt;
            if (slot.hash == hash && is_it(slot.number)) return slot.number;
        }
    }

    /// Has the processor fetch what find() and add() of this hash look at first.
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask()]); }

    void add(std::uint64_t hash, std::uint32_t number) {
        if (++count_ * 2 > slots_.size()) grow();
        place({hash, number, round_});
    }

    /// Forgets everything, keeps the memory.
    void clear() {
        count_ = 0;
        if (++round_ != 0) return;
        slots_.assign(slots_.size(), Slot{});
        round_ = 1;
    }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t number = 0;
        std::uint32_t round = 0;  // Of another round than the present one: empty.
    };

    std::size_t mask() const { return slots_.size() - 1; }

    void place(const Slot& slot) {
        std::size_t index = slot.hash & mask();
        while (slots_[index].round == round_) index = (index + 1) & mask();
        slots_[index] = slot;
    }

    void grow() {
        const auto old_slots = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
        for (const Slot& slot : old_slots) {
            if (slot.round == round_) place(slot);
        }
    }

    std::vector<Slot> slots_;  // A power of two, at most half full.
    std::size_t count_ = 0;
    std::uint32_t round_ = 1;
};

}  // namespace tidemark::storage
