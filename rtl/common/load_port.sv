// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors

`include "finn_check.svh"

`default_nettype none

/// A memory's place in the chain over which parameters are loaded: takes the first DEPTH words of a load and passes the
/// others on, so that the order of the memories says what belongs where and no word needs an address.
///
/// A load is a `start` and then words, as parameter_loader sends them; `swap` behind them exchanges the banks of all
/// memories that it passes. Whoever sends one waits until it has come out of the chain's end before the memories are
/// read, and reads none of what is written until then. Only with two banks may the other bank be read meanwhile.
///
/// Latency 1 cycle along the chain; one word a cycle. Nothing here is reset: what a memory holds, it keeps.
module load_port #(
    /// Words of the memory, >= 1.
    parameter int DEPTH = 16,
    /// 1, or 2: the words are twice as many, and those that are written are not those that are read.
    parameter int BANKS = 1,
    localparam int LOAD_W = finn_pkg::LOAD_W,
    localparam int PLACE_W = finn_pkg::place_width(DEPTH, BANKS)
) (
    input wire aclk,

    /// The chain: a word in bits 31:0, bit 32 says that there is one, bit 33 is `start`, bit 34 `swap`.
    input  wire  [LOAD_W-1:0] s_load,
    output logic [LOAD_W-1:0] m_load,

    output logic               write,
    /// With two banks the top bit is the bank, the one that is not read.
    output logic [PLACE_W-1:0] write_place,
    output logic [       31:0] write_data,
    /// The bank that is read: word `address` of it lies at place {bank, address}. 0 where there is one.
    output logic               bank
);

  `FINN_CHECK(check_depth, DEPTH >= 1, ("load_port: DEPTH=%0d must be at least 1", DEPTH))
  `FINN_CHECK(check_banks, BANKS == 1 || BANKS == 2, ("load_port: BANKS=%0d must be 1 or 2", BANKS))

  localparam int AddressW = finn_pkg::index_width(DEPTH);

  // What hardware holds when it is configured, as the memories do.
  logic [LOAD_W-1:0] load_q = '0;
  logic [AddressW-1:0] address_q = '0;
  logic full_q = 1'b1;

  assign m_load = load_q;
  assign write = s_load[32] && !full_q;
  assign write_place = PLACE_W'({!bank, address_q});
  assign write_data = s_load[31:0];

  always_ff @(posedge aclk) begin
    load_q <= {s_load[34:33], s_load[32] && full_q, s_load[31:0]};
    if (write) begin
      address_q <= address_q + 1'b1;
      full_q <= address_q == AddressW'(DEPTH - 1);
    end
    if (s_load[33]) begin
      address_q <= '0;
      full_q <= 1'b0;
    end
  end

  if (BANKS == 2) begin : g_banks
    logic bank_q = 1'b0;

    assign bank = bank_q;

    always_ff @(posedge aclk) if (s_load[34]) bank_q <= !bank_q;
  end else begin : g_bank
    assign bank = 1'b0;
  end

endmodule

`default_nettype wire
