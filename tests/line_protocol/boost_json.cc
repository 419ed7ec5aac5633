// Boost.JSON as a header-only library is compiled here, once.
#include <boost/json/src.hpp>
