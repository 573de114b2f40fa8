//! Neurons, each in its own file. Neurons of a few equations share `frame`.

pub(crate) mod ad_qua_if;
pub(crate) mod adex_if;
pub(crate) mod block;
mod builders;
pub(crate) mod cond_neu_group;
pub(crate) mod crossing;
mod equations;
pub(crate) mod exp_if;
pub(crate) mod fitzhugh_nagumo;
pub(crate) mod frame;
pub(crate) mod hh;
pub(crate) mod hindmarsh_rose;
pub(crate) mod hodgkin_huxley;
mod initial;
pub(crate) mod izhikevich;
pub(crate) mod lif;
pub(crate) mod morris_lecar;
pub(crate) mod qua_if;
pub(crate) mod traub_miles;
pub(crate) mod wang_buzsaki;
pub(crate) mod white_noise;
