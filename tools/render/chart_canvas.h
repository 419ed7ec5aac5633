#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::tools {

/// How a chart's parts look.
struct ChartPen {
    std::string color;   ///< ANSI sequence; empty: none.
    std::string marker;  ///< One character, where lines are drawn with characters.
};

/// `text` between the pen's colour and the sequence that ends it.
std::string colored(const std::string& text, std::string_view color);

/// A drawing of lines in characters. With Braille each character holds 2 by 4 dots, else one. Dots
/// count from the upper left corner. Not thread-safe.
class ChartCanvas {
public:
    ChartCanvas(std::size_t width, std::size_t height, bool has_braille);

    /// In dots.
    std::size_t dot_width() const { return width_ * (has_braille_ ? 2 : 1); }
    std::size_t dot_height() const { return height_ * (has_braille_ ? 4 : 1); }

    /// Both ends included, and inside of the canvas.
    void draw_line(std::size_t x_begin, std::size_t y_begin, std::size_t x_end, std::size_t y_end,
                   std::size_t pen);

    /// A character row of it; where nothing is drawn stands `background`.
    std::string row_text(std::size_t row, const std::vector<ChartPen>& pens,
                         const std::string& background) const;

private:
    struct Cell {
        std::uint8_t dots = 0;
        std::size_t pen = 0;  // Of the last dot.
    };

    void draw_dot(std::size_t x, std::size_t y, std::size_t pen);

    std::size_t width_;
    std::size_t height_;
    bool has_braille_;
    std::vector<Cell> cells_;
};

}  // namespace tidemark::tools
