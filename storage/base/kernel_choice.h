#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "storage/base/cpu_features.h"

// How a table of kernels is chosen when the process starts to need one.

namespace tidemark::storage {

/// Those that the processor can run, of tables in ascending order of speed.
template <typename Kernels>
std::vector<const Kernels*> supported_tables(std::initializer_list<const Kernels*> tables) {
    std::vector<const Kernels*> supported;
    supported.reserve(tables.size());
    for (const Kernels* kernels : tables) {
        if (kernels->supported()) supported.push_back(kernels);
    }
    return supported;
}

/// The one forced by the environment, or the last one.
template <typename Kernels>
const Kernels& chosen_table(std::span<const Kernels* const> supported) {
    for (const Kernels* kernels : supported) {
        if (kernels->name == forced_kernels_name()) return *kernels;
    }
    return *supported.back();
}

}  // namespace tidemark::storage
