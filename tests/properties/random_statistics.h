#pragma once

#include "tests/properties/random_case.h"

namespace tidemark::properties {

/// A random call of sla, apdex, nps, trend or correlate.
Call random_statistic(Random& random, const RandomData& data);

}  // namespace tidemark::properties
