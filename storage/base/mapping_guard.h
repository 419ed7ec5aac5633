#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tidemark::storage {

/// Bytes of a mapping that the guard knows. Thread-safe.
///
/// Where a page of a mapped file cannot be read any more (someone made the file shorter, or the
/// disk fails), the operating system sends SIGBUS to whoever touches it, which ends the process.
/// Once install_mapping_guard() was called, such a page of a registered mapping reads as zeros
/// instead, and the mapping is marked: whoever reads a mapping asks is_intact() after it used what
/// it read, and before it tells anybody.
class GuardedMapping {
public:
    /// The bytes must stay mapped, and be unmapped only after the destructor.
    explicit GuardedMapping(std::span<const std::byte> bytes);
    ~GuardedMapping();
    GuardedMapping(const GuardedMapping&) = delete;
    GuardedMapping& operator=(const GuardedMapping&) = delete;

    /// False when some of the bytes could not be read since they were registered.
    bool is_intact() const;

    struct Slot;  ///< Of the registry.

private:
    Slot* const slot_;
};

/// Grows whenever any mapping stops being intact: as long as it stands still, all that were intact
/// are. One load.
std::uint64_t damaged_mapping_count();

/// Takes SIGBUS for the whole process. For programs, at their start; the library never calls it.
/// What is not about registered mappings ends the process as before.
void install_mapping_guard();

}  // namespace tidemark::storage
