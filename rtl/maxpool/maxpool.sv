// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// Max pooling over windows that do not overlap: stride = window.
///
/// In: IFM_H rows of ceil(IFM_W / PIXELS) times CHANNELS / PE beats: PE channels of PIXELS neighbouring pixels each.
/// Out: floor(IFM_H / KERNEL_H) x floor(IFM_W / KERNEL_W) pixels alike, PIXELS / KERNEL_W a beat, 1 for PIXELS = 1;
/// rows and columns that do not fill a window are dropped. What stands behind a row's end in its last beat means
/// nothing, in the output as in the input. The maximum of binary elements is their OR. Only one row of partial maxima
/// is kept, a pixel for each window across the map.
///
/// Latency 2 cycles from the beat that completes an output beat. Throughput: 1 input beat a cycle, so that a frame
/// takes IFM_H * ceil(IFM_W / PIXELS) * CHANNELS / PE cycles. No combinational path between the sides.
module maxpool #(
    /// Input feature map, pixels, >= 1.
    parameter int IFM_H = 8,
    parameter int IFM_W = 8,
    /// Pixels a beat: 1, or a multiple of KERNEL_W, with at least that many in the last beat of a row.
    parameter int PIXELS = 1,
    /// Channels of a pixel, >= 1.
    parameter int CHANNELS = 4,
    /// Channels a beat; divides CHANNELS.
    parameter int PE = 2,
    /// Bits of an element, >= 1.
    parameter int ELEMENT_W = 1,
    /// 1: elements are two's complement; 0: unsigned. Without meaning for ELEMENT_W = 1.
    parameter bit SIGNED_ELEMENTS = 0,
    /// Window, pixels; 1 to IFM_H and 1 to IFM_W.
    parameter int KERNEL_H = 2,
    parameter int KERNEL_W = 2,
    /// Partial maxima: "auto" or "distributed" (LUT RAM), or "block" (block RAM).
    parameter RAM_STYLE = "auto",
    localparam int PIXEL_W = PE * ELEMENT_W,
    localparam int BEAT_W = PIXELS * PIXEL_W,
    localparam int LANES = (KERNEL_W < 1 || KERNEL_W > PIXELS) ? 1 : PIXELS / KERNEL_W,
    localparam int RESULT_W = LANES * PIXEL_W
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [BEAT_W-1:0] s_axis_tdata,
    input  wire               s_axis_tvalid,
    output logic              s_axis_tready,

    output logic [RESULT_W-1:0] m_axis_tdata,
    /// Last beat of a frame.
    output logic                m_axis_tlast,
    output logic                m_axis_tvalid,
    input  wire                 m_axis_tready
);

  `FINN_CHECK(check_pe, PE >= 1 && CHANNELS >= 1 && CHANNELS % PE == 0,
              ("maxpool: PE=%0d must be at least 1 and divide CHANNELS=%0d", PE, CHANNELS))
  `FINN_CHECK(check_element, ELEMENT_W >= 1, ("maxpool: ELEMENT_W=%0d must be at least 1", ELEMENT_W))
  `FINN_CHECK(check_kernel_h, KERNEL_H >= 1 && KERNEL_H <= IFM_H,
              ("maxpool: KERNEL_H=%0d must be 1 to IFM_H=%0d", KERNEL_H, IFM_H))
  `FINN_CHECK(check_kernel_w, KERNEL_W >= 1 && KERNEL_W <= IFM_W,
              ("maxpool: KERNEL_W=%0d must be 1 to IFM_W=%0d", KERNEL_W, IFM_W))
  // The last beat of a row has a whole window.
  `FINN_CHECK(check_pixels, PIXELS == 1 || KERNEL_W < 1
                            || (PIXELS >= 1 && PIXELS % KERNEL_W == 0 && (IFM_W - 1) % PIXELS + 1 >= KERNEL_W),
              ("maxpool: PIXELS=%0d must be 1, or a multiple of KERNEL_W=%0d that leaves no less of IFM_W=%0d",
               PIXELS, KERNEL_W, IFM_W))
  `FINN_CHECK(check_style, RAM_STYLE == "auto" || RAM_STYLE == "distributed" || RAM_STYLE == "block",
              ("maxpool: RAM_STYLE=%s must be auto, distributed or block", RAM_STYLE))

  localparam int Groups = CHANNELS / PE;
  // The map's width and that of windows, in beats of PIXELS pixels: several are one before anything is counted.
  localparam int Width = (PIXELS == 1) ? IFM_W : finn_pkg::ceil_div(IFM_W, PIXELS);
  localparam int KernelW = (PIXELS == 1) ? KERNEL_W : 1;
  localparam int Depth = Width / KernelW * Groups;
  localparam bit UseBlock = RAM_STYLE == "block";
  localparam int AddressW = finn_pkg::index_width(Depth);

  logic enable;
  logic take;
  logic [AddressW-1:0] place;
  logic [AddressW-1:0] place_ahead;
  logic goes_on;
  logic [RESULT_W-1:0] pooled;
  logic [RESULT_W-1:0] data;
  logic [AddressW-1:0] address;
  logic first;
  logic keep;
  logic [RESULT_W-1:0] so_far;
  logic [RESULT_W-1:0] result;

  /// The larger of two elements.
  function automatic logic [ELEMENT_W-1:0] larger(input logic [ELEMENT_W-1:0] a, input logic [ELEMENT_W-1:0] b);
    // Flipping the sign bit turns the order of two's complement numbers into that of unsigned ones.
    logic [ELEMENT_W-1:0] sign;
    sign   = '0;
    sign[ELEMENT_W-1] = SIGNED_ELEMENTS && ELEMENT_W > 1;
    larger = ((a ^ sign) > (b ^ sign)) ? a : b;
  endfunction

  // ---- The pixels of a window's row, where they come in one beat ----
  if (PIXELS == 1) begin : g_pixel
    assign pooled = s_axis_tdata;
  end else begin : g_pixels
    for (genvar l = 0; l < LANES; l++) begin : g_lane
      for (genvar x = 0; x < KERNEL_W; x++) begin : g_column
        logic [PIXEL_W-1:0] pixel;
        logic [PIXEL_W-1:0] most;

        assign pixel = s_axis_tdata[(l*KERNEL_W+x)*PIXEL_W+:PIXEL_W];

        if (x == 0) begin : g_first
          assign most = pixel;
        end else if (ELEMENT_W == 1) begin : g_bits
          assign most = pixel | g_column[x-1].most;
        end else begin : g_numbers
          for (genvar p = 0; p < PE; p++) begin : g_pe
            assign most[p*ELEMENT_W+:ELEMENT_W] = larger(
                pixel[p*ELEMENT_W+:ELEMENT_W], g_column[x-1].most[p*ELEMENT_W+:ELEMENT_W]
            );
          end
        end
      end

      assign pooled[l*PIXEL_W+:PIXEL_W] = g_column[KERNEL_W-1].most;
    end
  end

  // Looked at where the memory is read ahead.
  wire unused = &{1'b0, take, place_ahead};

  pool_stream #(
      .IFM_H(IFM_H),
      .IFM_W(Width),
      .GROUPS(Groups),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KernelW),
      .WIDTH(RESULT_W),
      .RESULT_W(RESULT_W)
  ) u_stream (
      .aclk,
      .aresetn,
      .s_axis_tdata (pooled),
      .s_axis_tvalid,
      .s_axis_tready,
      .enable,
      .place,
      .take,
      .place_ahead,
      .goes_on,
      .data,
      .address,
      .first,
      .keep,
      .result,
      .m_axis_tdata,
      .m_axis_tlast,
      .m_axis_tvalid,
      .m_axis_tready
  );

  // ---- Each element against the maximum so far ----
  if (ELEMENT_W == 1) begin : g_or
    assign result = data | (first ? '0 : so_far);
  end else begin : g_maximum
    for (genvar p = 0; p < LANES * PE; p++) begin : g_pe
      logic [ELEMENT_W-1:0] element;

      assign element = data[p*ELEMENT_W+:ELEMENT_W];
      assign result[p*ELEMENT_W+:ELEMENT_W] = first ? element : larger(element, so_far[p*ELEMENT_W+:ELEMENT_W]);
    end
  end

  // ---- Partial maxima ----
  if (Depth == 1) begin : g_single
    logic [RESULT_W-1:0] memory_q;

    assign so_far = memory_q;

    always_ff @(posedge aclk) begin
      if (enable && keep) memory_q <= result;
    end
  end else if (UseBlock) begin : g_block
    (* ram_style = "block" *) logic [RESULT_W-1:0] memory[Depth];
    logic [RESULT_W-1:0] read_q;

    always_ff @(posedge aclk) begin
      if (enable) begin
        read_q <= memory[place];
        if (keep) memory[address] <= result;
      end
    end

    if (Groups == 1) begin : g_bypass
      // What the beat before writes comes too late for the memory. Only inside a window's row one meets it: there are
      // at least two windows across.
      logic [RESULT_W-1:0] written_q;
      logic is_again_q;

      assign so_far = is_again_q ? written_q : read_q;

      always_ff @(posedge aclk) begin
        if (enable) begin
          if (keep) written_q <= result;
          is_again_q <= goes_on;
        end
      end
    end else begin : g_memory
      assign so_far = read_q;
    end
  end else if (Groups > 2) begin : g_banks
    logic [RESULT_W-1:0] word;

    // A deep memory and a maximum are too much for one cycle, and so is the choice of a word from it. It is read while
    // the beat before comes. What this one and the one before it write is not missed, and where there are more
    // than 3 groups what the one before these writes a cycle later: they are of other groups.
    bank_ram #(
        .WIDTH(RESULT_W),
        .DEPTH(Depth),
        .LATE_WRITE(Groups > 3)
    ) u_memory (
        .aclk,
        .write(enable && keep),
        .write_address(address),
        .write_data(result),
        .read(take),
        .read_address(place_ahead),
        .read_data(word)
    );

    always_ff @(posedge aclk) if (enable) so_far <= word;
  end else begin : g_distributed
    (* ram_style = "distributed" *) logic [RESULT_W-1:0] memory[Depth];

    if (Groups == 2) begin : g_early
      // What the beat before writes is not missed: it is of another group.
      logic [RESULT_W-1:0] read_q;

      assign so_far = read_q;

      always_ff @(posedge aclk) begin
        if (enable) read_q <= memory[place];
      end
    end else begin : g_direct
      assign so_far = memory[address];
    end

    always_ff @(posedge aclk) begin
      if (enable && keep) memory[address] <= result;
    end
  end

endmodule

`default_nettype wire
