// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// The registers of axi_host behind an AXI4-Lite port; axi_host.rdl says what they mean.
///
/// One write and one read at a time, a few cycles each: address and data of a write are taken together, every answer
/// is OKAY, reads of places without a register give 0 and writes to them do nothing. All outputs come from registers.
/// The upper half of a counter is kept when its lower half is read, so that both are of one moment.
module axi_host_registers #(
    /// Words of output.identity, the first in the least significant bits. Only the generator knows them.
    parameter logic [383:0] IDENTITY = '0,
    /// Bytes from a frame to the next in memory.
    parameter int INPUT_STRIDE = 8,
    /// Bytes from a result to the next in memory.
    parameter int OUTPUT_STRIDE = 8,
    /// Of sets of parameters that can be loaded: what they must be of, and their bytes in memory; 0 where they cannot.
    parameter logic [31:0] SIGNATURE = '0,
    parameter int LOAD_BYTES = 0,
    /// Bytes of the weights that are read from memory, whole pages; 0 where none are.
    parameter int WEIGHTS_BYTES = 0
) (
    input wire aclk,
    input wire aresetn,

    input  wire  [11:0] s_axil_awaddr,
    input  wire  [ 2:0] s_axil_awprot,
    input  wire         s_axil_awvalid,
    output logic        s_axil_awready,
    input  wire  [31:0] s_axil_wdata,
    input  wire  [ 3:0] s_axil_wstrb,
    input  wire         s_axil_wvalid,
    output logic        s_axil_wready,
    output logic [ 1:0] s_axil_bresp,
    output logic        s_axil_bvalid,
    input  wire         s_axil_bready,
    input  wire  [11:0] s_axil_araddr,
    input  wire  [ 2:0] s_axil_arprot,
    input  wire         s_axil_arvalid,
    output logic        s_axil_arready,
    output logic [31:0] s_axil_rdata,
    output logic [ 1:0] s_axil_rresp,
    output logic        s_axil_rvalid,
    input  wire         s_axil_rready,

    output logic irq,

    /// One cycle: a job is asked for; not while busy.
    output logic start,
    /// One cycle: the job, if there is one, shall end.
    output logic abort,
    /// With `start`: the job is a load.
    output logic load,
    output logic [23:0] frames,
    output logic [63:0] input_address,
    output logic [63:0] output_address,
    output logic [63:0] weights_address,

    input wire busy,
    /// Bits of STATUS to set; busy not among them.
    input wire [31:0] set_status,
    input wire [23:0] frames_in,
    input wire [23:0] results,
    input wire [31:0] latency,
    input wire [47:0] span,
    input wire [47:0] cycles,
    /// Which set of parameters was loaded last, and that there is one, whole.
    input wire [31:0] set_number,
    input wire set_valid
);

  logic        write_q;
  logic        read_q;
  // A word, whichever of its bytes is addressed; a cycle later, the same.
  logic [11:0] write_place;
  logic [11:0] read_place;
  logic [11:0] write_address;
  logic [11:0] read_address;
  logic        is_control_q;
  logic        is_status_q;
  logic [31:0] mask;
  logic [31:0] status_q;
  logic        irq_enable_q;
  // Of a read: one word of each block of places, a cycle behind its address; of these, the one.
  logic        chosen_q;
  logic [31:0] constants;
  logic [31:0] controls;
  logic [31:0] places;
  logic [31:0] counts;
  logic [31:0] spans;
  logic [31:0] weights;
  logic [31:0] constants_q;
  logic [31:0] controls_q;
  logic [31:0] places_q;
  logic [31:0] counts_q;
  logic [31:0] spans_q;
  logic [31:0] weights_q;
  logic [31:0] read_data;
  logic [15:0] span_high_q;
  logic [15:0] cycles_high_q;
  logic        command;
  logic        asked;
  logic [31:0] cleared;

  wire unused = &{1'b0, s_axil_awprot, s_axil_arprot, s_axil_awaddr[1:0], s_axil_araddr[1:0]};

  assign write_place = {s_axil_awaddr[11:2], 2'b0};
  assign read_place  = {s_axil_araddr[11:2], 2'b0};

  assign s_axil_awready = write_q;
  assign s_axil_wready  = write_q;
  assign s_axil_bresp   = 2'b00;
  assign s_axil_arready = read_q;
  assign s_axil_rresp   = 2'b00;

  for (genvar i = 0; i < 4; i++) begin : g_mask
    assign mask[8*i+:8] = {8{s_axil_wstrb[i]}};
  end

  assign command = write_q && is_control_q && s_axil_wstrb[0];

  assign asked = command && s_axil_wdata[axi_host_pkg::CONTROL_START];

  // A job begins without the marks of the one before.
  always_comb begin
    cleared = '0;
    if (write_q && is_status_q) cleared = s_axil_wdata & mask;
    if (start) cleared = '1;
  end

  // What is read is chosen in two steps with registers between: in each block of places, then among the blocks. All of
  // these give zeros but the one that is meant.
  always_comb begin
    case ({6'b0, read_address[5:0]})
      axi_host_pkg::INPUT_STRIDE:  constants = INPUT_STRIDE;
      axi_host_pkg::OUTPUT_STRIDE: constants = OUTPUT_STRIDE;
      axi_host_pkg::SIGNATURE:     constants = SIGNATURE;
      axi_host_pkg::LOAD_BYTES:    constants = LOAD_BYTES;
      default:                     constants = IDENTITY[{read_address[5:2], 5'b0}+:32];
    endcase
    case ({8'h04, read_address[3:0]})
      axi_host_pkg::CONTROL: controls = 32'(irq_enable_q) << axi_host_pkg::CONTROL_IRQ_ENABLE;
      axi_host_pkg::STATUS:  controls = status_q | 32'(busy) << axi_host_pkg::STATUS_BUSY;
      axi_host_pkg::FRAMES:  controls = {8'b0, frames};
      default:               controls = set_number;
    endcase
    case ({8'h05, read_address[3:0]})
      axi_host_pkg::INPUT_LOW:  places = input_address[31:0];
      axi_host_pkg::INPUT_HIGH: places = input_address[63:32];
      axi_host_pkg::OUTPUT_LOW: places = output_address[31:0];
      default:                  places = output_address[63:32];
    endcase
    case ({8'h06, read_address[3:0]})
      axi_host_pkg::FRAMES_IN: counts = {8'b0, frames_in};
      axi_host_pkg::RESULTS:   counts = {8'b0, results};
      axi_host_pkg::LATENCY:   counts = latency;
      default:                 counts = {31'b0, set_valid};
    endcase
    case ({8'h07, read_address[3:0]})
      axi_host_pkg::SPAN_LOW:   spans = span[31:0];
      axi_host_pkg::SPAN_HIGH:  spans = {16'b0, span_high_q};
      axi_host_pkg::CYCLES_LOW: spans = cycles[31:0];
      default:                  spans = {16'b0, cycles_high_q};
    endcase
    case ({8'h08, read_address[3:0]})
      axi_host_pkg::WEIGHTS_LOW:   weights = weights_address[31:0];
      axi_host_pkg::WEIGHTS_HIGH:  weights = weights_address[63:32];
      axi_host_pkg::WEIGHTS_BYTES: weights = WEIGHTS_BYTES;
      default:                     weights = '0;
    endcase
  end

  assign read_data = constants_q | controls_q | places_q | counts_q | spans_q | weights_q;

  always_ff @(posedge aclk) begin
    write_q <= s_axil_awvalid && s_axil_wvalid && !write_q && !s_axil_bvalid;
    read_q  <= s_axil_arvalid && !read_q && !chosen_q && !s_axil_rvalid;
    // The same as in the cycle before, in which they had to wait.
    read_address <= read_place;
    write_address <= write_place;
    is_control_q <= write_place == axi_host_pkg::CONTROL;
    is_status_q <= write_place == axi_host_pkg::STATUS;
    if (s_axil_bready) s_axil_bvalid <= 1'b0;
    if (s_axil_rready) s_axil_rvalid <= 1'b0;
    if (write_q) s_axil_bvalid <= 1'b1;
    chosen_q <= read_q;
    constants_q <= (read_address[11:6] == '0) ? constants : '0;
    controls_q <= (read_address[11:4] == 8'h04) ? controls : '0;
    places_q <= (read_address[11:4] == 8'h05) ? places : '0;
    counts_q <= (read_address[11:4] == 8'h06) ? counts : '0;
    spans_q <= (read_address[11:4] == 8'h07) ? spans : '0;
    weights_q <= (read_address[11:4] == 8'h08) ? weights : '0;
    if (read_q) begin
      if (read_address == axi_host_pkg::SPAN_LOW) span_high_q <= span[47:32];
      if (read_address == axi_host_pkg::CYCLES_LOW) cycles_high_q <= cycles[47:32];
    end
    if (chosen_q) begin
      s_axil_rvalid <= 1'b1;
      s_axil_rdata  <= read_data;
    end

    start <= asked && !busy && !start;
    load  <= s_axil_wdata[axi_host_pkg::CONTROL_LOAD];
    abort <= command && s_axil_wdata[axi_host_pkg::CONTROL_ABORT];
    if (command) irq_enable_q <= s_axil_wdata[axi_host_pkg::CONTROL_IRQ_ENABLE];
    irq <= irq_enable_q && status_q[axi_host_pkg::STATUS_DONE];

    if (write_q) begin
      case (write_address)
        axi_host_pkg::FRAMES:      frames <= frames & ~mask[23:0] | s_axil_wdata[23:0] & mask[23:0];
        axi_host_pkg::INPUT_LOW:   input_address[31:0] <= input_address[31:0] & ~mask | s_axil_wdata & mask;
        axi_host_pkg::INPUT_HIGH:  input_address[63:32] <= input_address[63:32] & ~mask | s_axil_wdata & mask;
        axi_host_pkg::OUTPUT_LOW:  output_address[31:0] <= output_address[31:0] & ~mask | s_axil_wdata & mask;
        axi_host_pkg::OUTPUT_HIGH: output_address[63:32] <= output_address[63:32] & ~mask | s_axil_wdata & mask;
        default: ;
      endcase
      if (WEIGHTS_BYTES > 0) begin
        case (write_address)
          axi_host_pkg::WEIGHTS_LOW: weights_address[31:0] <= weights_address[31:0] & ~mask | s_axil_wdata & mask;
          axi_host_pkg::WEIGHTS_HIGH: weights_address[63:32] <= weights_address[63:32] & ~mask | s_axil_wdata & mask;
          default: ;
        endcase
      end
    end
    status_q <= status_q & ~cleared | set_status |
        32'(asked && (busy || start)) << axi_host_pkg::STATUS_START_WHILE_BUSY;

    if (!aresetn) begin
      write_q <= 1'b0;
      read_q <= 1'b0;
      chosen_q <= 1'b0;
      s_axil_bvalid <= 1'b0;
      s_axil_rvalid <= 1'b0;
      start <= 1'b0;
      abort <= 1'b0;
      irq <= 1'b0;
      irq_enable_q <= 1'b0;
      status_q <= '0;
      frames <= '0;
      input_address <= '0;
      output_address <= '0;
      weights_address <= '0;
      span_high_q <= '0;
      cycles_high_q <= '0;
    end
  end

endmodule

`default_nettype wire
