// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`default_nettype none

/// axi_host_registers: AXI4-Lite's rules, one answer to each request; a read gives what was written, what hardware says
/// or 0, as axi_host.rdl has it; start, abort and the bits of STATUS.
module axi_host_registers_proof
  import axi_host_pkg::*;
(
    input wire aclk,
    input wire aresetn,
    /// The bit of a register that is followed.
    input wire [11:0] place,
    input wire [ 4:0] bit_place,

    input wire [11:0] s_axil_awaddr,
    input wire [ 2:0] s_axil_awprot,
    input wire        s_axil_awvalid,
    input wire [31:0] s_axil_wdata,
    input wire [ 3:0] s_axil_wstrb,
    input wire        s_axil_wvalid,
    input wire        s_axil_bready,
    input wire [11:0] s_axil_araddr,
    input wire [ 2:0] s_axil_arprot,
    input wire        s_axil_arvalid,
    input wire        s_axil_rready,

    input wire        busy,
    input wire [31:0] set_status,
    input wire [23:0] frames_in,
    input wire [23:0] results,
    input wire [31:0] latency,
    input wire [47:0] span,
    input wire [47:0] cycles,
    input wire [31:0] set_number,
    input wire        set_valid
);

  // Twelve words that are told apart, and two strides.
  localparam logic [383:0] Identity = {
    32'h0C0B0A09, 32'h18171615, 32'h24232221, 32'h30AF2E2D, 32'h3C3B3A39, 32'h48474645,
    32'h54535251, 32'h60DF5E5D, 32'h6C6B6A69, 32'h78777675, 32'h84838281, 32'h4E4E4946
  };
  localparam int InputStride = 104;
  localparam int OutputStride = 24;
  localparam logic [31:0] Signature = 32'h5A5A1234;
  localparam int LoadBytes = 4096;
  localparam int WeightsBytes = 32'h12345000;

  logic s_axil_awready;
  logic s_axil_wready;
  logic [1:0] s_axil_bresp;
  logic s_axil_bvalid;
  logic s_axil_arready;
  logic [31:0] s_axil_rdata;
  logic [1:0] s_axil_rresp;
  logic s_axil_rvalid;
  logic irq;
  logic start;
  logic abort;
  logic load;
  logic [23:0] frames;
  logic [63:0] input_address;
  logic [63:0] output_address;
  logic [63:0] weights_address;

  axi_host_registers #(
      .IDENTITY(Identity),
      .INPUT_STRIDE(InputStride),
      .OUTPUT_STRIDE(OutputStride),
      .SIGNATURE(Signature),
      .LOAD_BYTES(LoadBytes),
      .WEIGHTS_BYTES(WeightsBytes)
  ) dut (
      .*
  );

  reset_properties u_reset (.*);

  axi_lite_properties u_axil (
      .aclk,
      .aresetn,
      .awaddr  (s_axil_awaddr),
      .awvalid (s_axil_awvalid),
      .awready (s_axil_awready),
      .wdata   (s_axil_wdata),
      .wstrb   (s_axil_wstrb),
      .wvalid  (s_axil_wvalid),
      .wready  (s_axil_wready),
      .bresp   (s_axil_bresp),
      .bvalid  (s_axil_bvalid),
      .bready  (s_axil_bready),
      .araddr  (s_axil_araddr),
      .arvalid (s_axil_arvalid),
      .arready (s_axil_arready),
      .rdata   (s_axil_rdata),
      .rresp   (s_axil_rresp),
      .rvalid  (s_axil_rvalid),
      .rready  (s_axil_rready)
  );

  // ---- One bit of one register ----
  logic [11:0] place_q;
  logic [ 4:0] bit_q;
  logic writes;
  logic reads;
  logic is_written;
  logic wdata_bit;
  logic is_kept;
  logic kept_q;
  logic expected;
  logic expected_q;
  logic is_read_q;
  logic is_due_q;

  assign writes = s_axil_awvalid && s_axil_awready;
  assign reads = s_axil_arvalid && s_axil_arready;
  assign is_written = writes && {s_axil_awaddr[11:2], 2'b00} == place_q && s_axil_wstrb[bit_q[4:3]];
  assign wdata_bit = s_axil_wdata[bit_q];

  logic [31:0] frames_in_word;
  logic [31:0] results_word;
  // A counter's upper half, as it was when its lower half was read.
  logic [47:0] counter;
  logic upper_q;

  assign frames_in_word = {8'b0, frames_in};
  assign results_word = {8'b0, results};
  assign counter = (place_q == SPAN_HIGH) ? span : cycles;

  // Registers that software writes and reads.
  always_comb begin
    case (place_q)
      CONTROL: is_kept = 32'(bit_q) == CONTROL_IRQ_ENABLE;
      FRAMES: is_kept = 32'(bit_q) < 24;
      INPUT_LOW, INPUT_HIGH, OUTPUT_LOW, OUTPUT_HIGH, WEIGHTS_LOW, WEIGHTS_HIGH, STATUS: is_kept = 1'b1;
      default: is_kept = 1'b0;
    endcase
  end

  always_comb begin
    expected = is_kept && kept_q;
    case (place_q)
      INPUT_STRIDE: expected = InputStride[bit_q];
      OUTPUT_STRIDE: expected = OutputStride[bit_q];
      SIGNATURE: expected = Signature[bit_q];
      LOAD_BYTES: expected = LoadBytes[bit_q];
      WEIGHTS_BYTES: expected = WeightsBytes[bit_q];
      SET_NUMBER: expected = set_number[bit_q];
      SET_STATE: expected = set_valid && bit_q == '0;
      STATUS: expected = kept_q || (32'(bit_q) == STATUS_BUSY && busy);
      FRAMES_IN: expected = frames_in_word[bit_q];
      RESULTS: expected = results_word[bit_q];
      LATENCY: expected = latency[bit_q];
      SPAN_LOW: expected = span[bit_q];
      CYCLES_LOW: expected = cycles[bit_q];
      SPAN_HIGH, CYCLES_HIGH: expected = upper_q;
      default: ;
    endcase
    for (int i = 0; i < 12; i++) begin
      if (32'(place_q) == 4 * i) expected = Identity[32*i+32'(bit_q)];
    end
  end

  // ---- Commands ----
  logic commands;
  logic asks;
  logic start_q;
  logic load_q;
  logic abort_q;

  assign commands = writes && {s_axil_awaddr[11:2], 2'b00} == CONTROL && s_axil_wstrb[0];
  assign asks = commands && s_axil_wdata[CONTROL_START];

  always_ff @(posedge aclk) begin
    if (place_q == STATUS) begin
      if (is_written && wdata_bit || start) kept_q <= 1'b0;
      if (set_status[bit_q] || (asks && (busy || start) && 32'(bit_q) == STATUS_START_WHILE_BUSY)) kept_q <= 1'b1;
    end else if (is_written) begin
      kept_q <= wdata_bit;
    end
    is_read_q <= reads && {s_axil_araddr[11:2], 2'b00} == place_q;
    is_due_q <= is_read_q;
    if (reads) expected_q <= expected;
    if (reads && {s_axil_araddr[11:2], 2'b00} == place_q - 12'd4) upper_q <= !bit_q[4] && counter[6'd32+bit_q];
    start_q <= asks && !busy && !start;
    load_q  <= s_axil_wdata[CONTROL_LOAD];
    abort_q <= commands && s_axil_wdata[CONTROL_ABORT];
    if (!aresetn) begin
      place_q <= {place[11:2], 2'b00};
      bit_q <= bit_place;
      kept_q <= 1'b0;
      upper_q <= 1'b0;
      is_read_q <= 1'b0;
      is_due_q <= 1'b0;
      start_q <= 1'b0;
      abort_q <= 1'b0;
    end
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      if (is_due_q) assert (s_axil_rvalid && s_axil_rdata[bit_q] == expected_q);
      assert (start == start_q);
      if (start) assert (load == load_q);
      assert (abort == abort_q);
      if (place_q == FRAMES && is_kept) assert (frames[bit_q] == kept_q);
      if (place_q == INPUT_LOW) assert (input_address[bit_q] == kept_q);
      if (place_q == INPUT_HIGH) assert (input_address[6'd32+bit_q] == kept_q);
      if (place_q == OUTPUT_LOW) assert (output_address[bit_q] == kept_q);
      if (place_q == OUTPUT_HIGH) assert (output_address[6'd32+bit_q] == kept_q);
      if (place_q == WEIGHTS_LOW) assert (weights_address[bit_q] == kept_q);
      if (place_q == WEIGHTS_HIGH) assert (weights_address[6'd32+bit_q] == kept_q);
      cover (is_due_q && place_q == OUTPUT_HIGH && expected_q);
      cover (is_due_q && place_q == STATUS && 32'(bit_q) == STATUS_START_WHILE_BUSY && expected_q);
      cover (is_due_q && place_q == CYCLES_HIGH && expected_q && !cycles[6'd32+bit_q]);
      cover (start);
    end
  end

  // ---- The interrupt ----
  logic done_q;
  logic enable_q;
  logic irq_q;

  always_ff @(posedge aclk) begin
    if (writes && {s_axil_awaddr[11:2], 2'b00} == STATUS && s_axil_wstrb[0] && s_axil_wdata[STATUS_DONE] || start) begin
      done_q <= 1'b0;
    end
    if (set_status[STATUS_DONE]) done_q <= 1'b1;
    if (commands) enable_q <= s_axil_wdata[CONTROL_IRQ_ENABLE];
    irq_q <= done_q && enable_q;
    if (!aresetn) {done_q, enable_q, irq_q} <= '0;
  end

  always_ff @(posedge aclk) begin
    if (aresetn) begin
      assert (irq == irq_q);
      cover (irq);
    end
  end

endmodule

`default_nettype wire
