#include "storage/base/mapping_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <sys/mman.h>
#include <unistd.h>

#include "storage/base/mutex.h"

// The handler may run at any instruction of any thread, so it takes no lock and calls nothing but
// system calls. The slots of registered mappings are in blocks that are never freed; a slot is
// changed under a lock, with an odd version meanwhile, and the handler passes over those: the
// mapping that it was called for is registered and stays so while somebody reads it.

namespace tidemark::storage {

struct GuardedMapping::Slot {
    std::atomic<std::uint32_t> version{0};  // Odd while begin and size change.
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::size_t> size_bytes{0};  // 0: free.
    std::atomic<bool> is_intact{true};
    Slot* next_free = nullptr;  // Under the registry's lock.
};

/// Every registered mapping of the process.
struct MappingRegistry {
    using Slot = GuardedMapping::Slot;

    struct Block {
        std::array<Slot, 256> slots;
        Block* next = nullptr;
    };

    Slot* take(std::span<const std::byte> bytes) TIDEMARK_EXCLUDES(mutex) {
        MutexLock lock(mutex);
        if (first_free == nullptr) add_block();
        Slot* slot = first_free;
        first_free = slot->next_free;
        slot->is_intact.store(true);
        set(*slot, reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size());
        return slot;
    }

    void give_back(Slot* slot) TIDEMARK_EXCLUDES(mutex) {
        MutexLock lock(mutex);
        set(*slot, 0, 0);
        slot->next_free = first_free;
        first_free = slot;
    }

    /// The slot of the mapping that `address` lies in, or null. For the signal handler.
    Slot* find(std::uintptr_t address) {
        for (Block* block = blocks.load(); block != nullptr; block = block->next) {
            for (Slot& slot : block->slots) {
                const std::uint32_t version = slot.version.load();
                const std::uintptr_t begin = slot.begin.load();
                const std::size_t size_bytes = slot.size_bytes.load();
                const bool is_settled = version % 2 == 0 && slot.version.load() == version;
                if (is_settled && address >= begin && address - begin < size_bytes) return &slot;
            }
        }
        return nullptr;
    }

    void add_block() TIDEMARK_REQUIRES(mutex) {
        auto block = std::make_unique<Block>();
        for (Slot& slot : block->slots) {
            slot.next_free = first_free;
            first_free = &slot;
        }
        block->next = blocks.load();
        blocks.store(block.release());
    }

    static void set(Slot& slot, std::uintptr_t begin, std::size_t size_bytes) {
        slot.version.fetch_add(1);
        slot.begin.store(begin);
        slot.size_bytes.store(size_bytes);
        slot.version.fetch_add(1);
    }

    std::atomic<Block*> blocks{nullptr};
    std::atomic<std::uint64_t> damaged_count{0};
    std::uintptr_t page_size_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    Mutex mutex;
    Slot* first_free TIDEMARK_GUARDED_BY(mutex) = nullptr;
};

namespace {

// Never destroyed: mappings of static objects may outlive it.
MappingRegistry& registry() {
    static MappingRegistry& instance = *std::make_unique<MappingRegistry>().release();
    return instance;
}

// True when a page of zeros is there now.
bool replace_page(std::uintptr_t address) {
    MappingRegistry& mappings = registry();
    GuardedMapping::Slot* slot = mappings.find(address);
    if (slot == nullptr) return false;
    // Marked first: another thread that reads the zeros must find the mark.
    if (slot->is_intact.exchange(false)) ++mappings.damaged_count;
    const std::uintptr_t page = address - address % mappings.page_size_bytes;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the address is the signal's.
    void* const place = reinterpret_cast<void*>(page);
    return ::mmap(place, mappings.page_size_bytes, PROT_READ,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void on_bus_error(int signal, siginfo_t* info, void*) {
    const int error_number = errno;
    const bool is_of_kernel = info->si_code > 0;  // Else the address is none.
    if (!is_of_kernel || !replace_page(reinterpret_cast<std::uintptr_t>(info->si_addr))) {
        // The instruction is repeated, and the signal ends the process as if we were not here.
        std::signal(signal, SIG_DFL);
    }
    errno = error_number;
}

}  // namespace

GuardedMapping::GuardedMapping(std::span<const std::byte> bytes) : slot_(registry().take(bytes)) {}

GuardedMapping::~GuardedMapping() { registry().give_back(slot_); }

bool GuardedMapping::is_intact() const { return slot_->is_intact.load(); }

std::uint64_t damaged_mapping_count() { return registry().damaged_count.load(); }

void install_mapping_guard() {
    registry();  // Made before a handler may need it.
    struct sigaction action {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace tidemark::storage
